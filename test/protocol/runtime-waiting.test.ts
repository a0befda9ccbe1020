/**
 * Many who wait: over one connection, asking for nothing that nobody waits for, and gone without a trace when it is over.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { connect, type Step } from '../../src/runtime/index.ts';
import { connected } from '../../src/runtime/connect.ts';
import { systemIds } from '../../src/server/clock.ts';
import { ManualClock } from '../support/clock.ts';
import { openScene, type Scene } from './runtime-scene.ts';
import { until } from './support.ts';

const MANY = 200;

let scene: Scene;

before(async () => {
  scene = await openScene();
});

after(async () => scene.close());

async function delegateMany(count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => scene.lead.delegate({ to: 'helper', task: `task ${index}` })),
  );
}

describe('many handles', () => {
  test('wait over one connection, are looked at once, and each is told its own ending', async () => {
    const handles = await delegateMany(MANY);
    const opened = scene.relay.count('events/stream');
    const looked = scene.relay.count('view=brief');
    const endings = Promise.all(handles.map(async ({ done }) => done));
    await until('each was looked at', () => scene.relay.count('view=brief') - looked >= MANY);
    assert.equal(scene.relay.count('view=brief') - looked, MANY);
    const first = handles[0]!;
    await scene.end(first.id, 'the first');
    assert.equal((await first.done).text, 'the first');
    assert.equal(scene.relay.count('view=brief') - looked, MANY + 2, 'the others are not asked for');
    for (const { id } of handles.slice(1)) {
      await scene.end(id, `of ${id}`);
    }
    assert.deepEqual(
      (await endings).slice(1).map(({ text }) => text),
      handles.slice(1).map(({ id }) => `of ${id}`),
    );
    assert.equal(scene.relay.count('events/stream') - opened, 1);
    await until('nobody listens any more', () => scene.relay.open('events/stream') === 0);
    assert.deepEqual(await scene.unread(), []);
  });

  test('are looked at anew when the connection was lost, a few at a time', async () => {
    const handles = await delegateMany(50);
    const endings = Promise.all(handles.map(async ({ done }) => done));
    await until('it listens', () => scene.relay.open('events/stream') === 1);
    const { url } = scene.house;
    scene.relay.lead(undefined);
    scene.relay.cut();
    for (const { id } of handles) {
      await scene.end(id, 'unheard');
    }
    scene.relay.lead(url);
    assert.ok((await endings).every(({ text }) => text === 'unheard'));
    assert.ok(scene.relay.open('view=brief') < 20, `${scene.relay.open('view=brief')} connections`);
  });
});

describe('a connection that says nothing', () => {
  test('is taken for lost after a while, and opened anew', async () => {
    const clock = new ManualClock();
    const errand = connected({ url: scene.relay.url }, 'lead', { clock, ids: { ...systemIds(), chance: () => 0 } });
    const { id } = await scene.lead.delegate({ to: 'helper', task: 'in silence' });
    const opened = scene.relay.count('events/stream');
    const { done } = errand.handle(id);
    await until('it listens', () => clock.pending === 1 && scene.relay.count('events/stream') === opened + 1);
    clock.advance(60_000);
    await until('it comes again', () => {
      clock.advance(0);
      return scene.relay.count('events/stream') === opened + 2;
    });
    await scene.end(id, 'heard');
    assert.equal((await done).text, 'heard');
    await errand.close();
    await until('nothing is left to fire', () => clock.pending === 0);
  });
});

describe('a long history', () => {
  test('is read whole, also where its reader is slow', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'in many steps' });
    const path = `/workspaces/lead/delegations/${handle.id}/priority`;
    const step = async (round: number) =>
      scene.house.call('POST', path, { body: { priority: round % 2 === 0 ? 'critical' : 'info' } });
    for (let round = 0; round < 600; round += 1) {
      await step(round);
    }
    const steps: Step[] = [];
    for await (const seen of handle.events) {
      steps.push(seen);
      if (steps.length === 550) {
        for (let round = 600; round < 900; round += 1) {
          await step(round);
        }
        await scene.fetch(handle.id);
        await scene.end(handle.id, 'done');
      }
    }
    assert.equal(steps.filter(({ type }) => type === 'delegation.reprioritised').length, 900);
    const seqs = steps.map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].toSorted((a, b) => a - b),
    );
    assert.deepEqual([steps[0]?.type, steps.at(-1)?.type], ['delegation.accepted', 'delegation.settled']);
    await handle.done;
  });
});

describe('closing', () => {
  test('ends every wait and every connection, and touches nothing that was delegated', async () => {
    const errand = await scene.again();
    const handle = await errand.delegate({ to: 'helper', task: 'goes on' });
    const unanswered = Symbol('unanswered');
    const { done } = handle;
    const waited = handle.wait();
    const next = errand.inbox()[Symbol.asyncIterator]().next();
    const steps = (async () => {
      const seen: string[] = [];
      for await (const { type } of handle.events) {
        seen.push(type);
      }
      return seen;
    })();
    await until('it listens and reads', () => scene.relay.open('events/stream') + scene.relay.open('/inbox') === 2);
    await errand.close();
    assert.equal(await waited, undefined);
    assert.deepEqual(await next, { value: undefined, done: true });
    await steps;
    await until('nothing is open', () => scene.relay.open('events/stream') + scene.relay.open('/inbox') === 0);
    await assert.rejects(errand.delegate({ to: 'helper', task: 'x' }), { code: 'closed' });
    await assert.rejects(handle.refresh(), { code: 'closed' });
    assert.equal(await handle.wait(), undefined);
    await errand.close();
    assert.equal(await Promise.race([done, Promise.resolve(unanswered)]), unanswered);
    assert.equal(await scene.lead.handle(handle.id).cancel(), 'cancelled');
    await scene.lead.handle(handle.id).done;
  });

  const IN_A_PROCESS = `
    import { connect } from './src/runtime/index.ts';
    const errand = await connect({ url: process.argv[1], workspace: 'lead' });
    const handle = await errand.delegate({ to: 'helper', task: 'x' });
    const over = new AbortController();
    await handle.wait({ timeoutMs: 50 });
    setTimeout(() => over.abort(), 50);
    for await (const turn of errand.inbox({ signal: over.signal })) { void turn; }
    void handle.done;
    await handle.cancel();
    await handle.done;
    console.log(handle.status);
    `;

  for (const end of ['await errand.close();', '']) {
    test(`is ${end === '' ? 'not needed' : 'enough'} for the process to end, once nobody waits`, async () => {
      const source = IN_A_PROCESS + end;
      const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', source, scene.relay.url];
      const began = Date.now();
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
      assert.equal(stdout.trim(), 'cancelled');
      assert.ok(Date.now() - began < 15_000);
    });
  }
});

describe('a key that is taken away', () => {
  test('ends the wait in words, instead of never', async (t) => {
    const locked = await openScene({ open: false });
    t.after(async () => locked.close());
    const { lead, house } = locked;
    const handle = await lead.delegate({ to: 'helper', task: 'x' });
    const { done } = handle;
    await until('it listens', () => locked.relay.open('events/stream') === 1);
    const [key] = (await house.call('GET', '/workspaces/lead/tokens')).body['tokens'] as { id: string }[];
    assert.equal((await house.call('DELETE', `/workspaces/lead/tokens/${key?.id}`)).status, 200);
    const { status, reason, error } = await done;
    assert.deepEqual([status, reason], ['failed', 'outcome_unknown']);
    assert.match(error ?? '', /token/u);
    const refused = (async () => {
      for await (const _step of handle.events) {
        assert.fail('nothing is told any more');
      }
    })();
    await assert.rejects(refused, { code: 'unauthenticated' });
  });
});

test('a connection that was never used is nothing', async () => {
  const errand = await connect({ url: 'http://127.0.0.1:9', workspace: 'lead' });
  assert.equal(errand.handle('dlg_1').status, 'pending');
  await errand.close();
});
