/**
 * Events as they happen: without a gap from any cursor, within bounds for a slow reader, and no longer than a key lives.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { openStream, type Frame } from './sse-reader.ts';
import { openHouse, until, type House } from './support.ts';

let house: House;
let token: string;

before(async () => {
  house = await openHouse({ open: false });
  token = (await house.seat('lead')).token;
  const peer = await house.peer({ do: 'answer', text: 'ok' });
  await house.seat('peer', { url: peer.url, capacity: 4 });
});

after(async () => house.close());

async function live(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push((await house.delegate('lead', 'peer')).delegation_id);
  }
  await Promise.all(ids.map(async (id) => house.ended('lead', id)));
  return ids;
}

function typesOf(frames: readonly Frame[], id: string): string[] {
  return frames.filter(({ data }) => data['delegation_id'] === id).map(({ data }) => String(data['type']));
}

function sawEnd(id: string) {
  return (frames: Frame[]) => typesOf(frames, id).includes('delegation.settled');
}

describe('a stream', () => {
  test('tells the whole life of a delegation, in its order, each line once', async () => {
    const stream = await openStream(house, '/workspaces/lead/events/stream', { token });
    const [id = ''] = await live(1);
    const frames = await stream.take(sawEnd(id));
    assert.deepEqual(typesOf(frames, id), ['delegation.accepted', 'delegation.dispatched', 'delegation.settled']);
    const seqs = frames.map(({ id: seq }) => seq ?? 0);
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].toSorted((a, b) => a - b),
    );
    const [first] = frames;
    assert.equal(first?.data['seq'], first?.id);
    stream.close();
  });

  test('resumes after any line without a gap, the last one and the ending included', async () => {
    const [id = ''] = await live(3);
    const whole = await openStream(house, '/workspaces/lead/events/stream', { token, after: 0 });
    const last = house.state().seq;
    const all = [...(await whole.take((frames) => frames.at(-1)?.id === last))];
    whole.close();
    assert.ok(all.length > 5 && sawEnd(id)(all));
    for (const [index, frame] of all.entries()) {
      const rest = await openStream(house, '/workspaces/lead/events/stream', { token, after: frame.id ?? 0 });
      const expected = all.slice(index + 1).map((one) => one.id);
      await rest.take((frames) => frames.length >= expected.length);
      assert.deepEqual(
        rest.frames.map((one) => one.id),
        expected,
      );
      rest.close();
    }
    const next = await openStream(house, '/workspaces/lead/events/stream', { token, after: last });
    const [made = ''] = await live(1);
    assert.ok(sawEnd(made)(await next.take(sawEnd(made))));
    next.close();
  });

  test('that is opened in the middle of the traffic misses nothing between the log and the news', async () => {
    const from = house.state().seq;
    const traffic = live(30);
    const streams = await Promise.all(
      Array.from({ length: 20 }, async () => openStream(house, '/events/stream', { after: from })),
    );
    await traffic;
    const last = await until('the log rests', () => {
      const { seq } = house.state();
      return seq > from && seq;
    });
    for (const stream of streams) {
      const frames = await stream.take((seen) => (seen.at(-1)?.id ?? 0) >= last);
      const seqs = frames.map(({ id: seq }) => seq ?? 0).filter((seq) => seq <= last);
      assert.deepEqual(
        seqs,
        Array.from({ length: last - from }, (_, index) => from + 1 + index),
      );
      stream.close();
    }
  });

  test('with a cursor from beyond the end goes on with what happens', async () => {
    const stream = await openStream(house, '/workspaces/lead/events/stream', { token, after: 999_999_999 });
    const [id = ''] = await live(1);
    assert.ok(sawEnd(id)(await stream.take(sawEnd(id))));
    stream.close();
  });
});

describe('a stream does not outlive the right to it', () => {
  async function closesWithin(ms: number, path: string, secret: string, revoke: () => Promise<unknown>) {
    const stream = await openStream(house, path, { token: secret });
    assert.equal(stream.status, 200);
    const beganAt = performance.now();
    await revoke();
    await stream.ended;
    assert.ok(performance.now() - beganAt < ms, `it stayed open for ${performance.now() - beganAt} ms`);
  }

  test('a revoked key ends its stream, its long poll and its calls within five seconds', async () => {
    const issue = async (path: string, body: object = {}) => (await house.call('POST', path, { body })).body;
    const own = await issue('/workspaces/lead/tokens');
    const org = await issue('/org/tokens');
    const short = await issue('/workspaces/lead/tokens', { expires_in_ms: 800 });
    const [first, second, third] = [own, org, short].map((key) => String(key['auth_token']));
    const poll = house.call('GET', '/workspaces/lead/inbox?wait=4', { token: first });
    await house.call('POST', '/workspaces/lead/inbox/ack', { body: { ids: [] } });
    await Promise.all([
      closesWithin(5000, '/workspaces/lead/events/stream', first ?? '', async () =>
        house.call('DELETE', `/workspaces/lead/tokens/${own.id}`),
      ),
      closesWithin(5000, '/events/stream', second ?? '', async () => house.call('DELETE', `/org/tokens/${org.id}`)),
      closesWithin(6000, '/workspaces/lead/events/stream', third ?? '', async () => {}),
    ]);
    assert.equal((await house.call('GET', '/workspaces/lead', { token: first })).status, 401);
    const { status, rows } = await poll;
    assert.ok(status === 401 || rows.length > 0, `a long poll of a revoked key: ${status}`);
  });

  test('a removed workspace takes its keys and streams with it', async () => {
    const secret = (await house.seat('leaver')).token;
    await closesWithin(5000, '/workspaces/leaver/events/stream', secret, async () =>
      house.call('DELETE', '/workspaces/leaver'),
    );
    assert.equal((await house.call('GET', '/workspaces/leaver/delegations', { token: secret })).status, 401);
  });
});

describe('a reader that does not keep up', () => {
  const BIG = 'x'.repeat(200_000);

  async function report(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const body = { activity_type: 'agent_log', request_body: { BIG } };
      assert.equal((await house.call('POST', '/workspaces/lead/activity', { token, body })).status, 200);
    }
  }

  /** Asks for a stream and reads nothing of it until it is told to. */
  async function paused(from: number) {
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    await new Promise<void>((resolve) => {
      const head = `GET /workspaces/lead/events/stream HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n`;
      socket.write(`${head}last-event-id: ${from}\r\n\r\n`, () => resolve());
    });
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve());
    });
    socket.pause();
    return { socket, text: () => Buffer.concat(heard).toString() };
  }

  test('is told where to resume, and costs no more than a megabyte', async () => {
    const from = house.state().seq;
    const slow = await paused(from);
    const quick = await openStream(house, '/workspaces/lead/events/stream', { token, after: from });
    await report(80);
    await quick.take((frames) => frames.length >= 80);
    assert.equal(quick.frames.length, 80, 'who keeps up has it all');
    quick.close();
    slow.socket.resume();
    await until('it is told', () => slow.text().includes('event: gap'));
    slow.socket.destroy();
    const resumed = Number(/"resume_after":(\d+)/u.exec(slow.text())?.[1]);
    const ids = [...slow.text().matchAll(/^id: (\d+)\ndata/gmu)].map(([, id]) => Number(id));
    assert.equal(ids.at(-1), resumed, 'after the last line it had');
    assert.ok(ids.length < 80);
    const rest = await openStream(house, '/workspaces/lead/events/stream', { token, after: resumed });
    const { frames } = await rest.take((seen) => seen.length >= 80 - ids.length).then(() => rest);
    assert.deepEqual(
      [...ids, ...frames.map(({ id }) => id)],
      Array.from({ length: 80 }, (_, index) => from + 1 + index),
    );
    rest.close();
  });

  test('and asks for a long past gets it at its own pace, while others are served', async () => {
    const readers = await Promise.all(Array.from({ length: 10 }, async () => paused(0)));
    const beganAt = performance.now();
    assert.equal((await house.call('GET', '/health')).status, 200);
    const [id] = await live(1);
    assert.ok(id !== undefined && performance.now() - beganAt < 2000, 'the platform goes on');
    for (const reader of readers.slice(1)) {
      reader.socket.destroy();
    }
    const [one] = readers;
    one?.socket.resume();
    await until('the newest line', () => one?.text().includes(`"delegation_id":"${id}"`));
    assert.doesNotMatch(one?.text() ?? '', /event: gap/u);
    one?.socket.destroy();
    assert.equal((await house.call('GET', '/health')).status, 200);
  });
});
