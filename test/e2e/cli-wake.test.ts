/**
 * `errand wake` against a platform, with real programs and a real receiver: what is acknowledged when, and what is told
 * again to whom.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openHouse, until, type House } from '../protocol/support.ts';
import { ended, errand, serving } from '../support/errand.ts';
import {
  agent,
  endAll,
  handedOut,
  isAlive,
  open,
  PROGRAM,
  seats,
  through,
  wake,
  type Agent,
  type Running,
  type Seats,
} from './wake/scene.ts';

const SECRET_KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const SECRET = `whsec_${SECRET_KEY.toString('base64')}`;
/** Far shorter than a turn of these tests may be, so that a lease that is not renewed is seen. */
const LEASE_MS = '300';
const QUICK = ['--pause', '30ms', '--hold', '600ms'];

let house: House;
let parties: Seats;
let woken: Agent;

before(async () => {
  house = await openHouse({ open: false, environment: { ERRAND_NOTICE_LEASE_MS: LEASE_MS } });
});

after(async () => house.close());

beforeEach(async () => {
  parties = await seats(house);
  woken = await agent();
});

afterEach(async () => {
  endAll();
  await woken.close();
});

function environment(more: Record<string, string> = {}): Record<string, string> {
  const { lead, key } = parties;
  return { ERRAND_URL: house.url, ERRAND_TOKEN: key, ERRAND_WORKSPACE: lead, CONTROL: woken.url, ...more };
}

function exec(...words: string[]): Running {
  const options = words.includes('--') ? words : [...words, '--', ...PROGRAM];
  return wake(['exec', ...QUICK, ...options], environment());
}

function webhook(...words: string[]): Running {
  return wake(['webhook', '--url', woken.url, ...QUICK, ...words], environment({ ERRAND_WEBHOOK_SECRET: SECRET }));
}

async function tried(words: readonly string[], beside: Record<string, string>): Promise<string> {
  const { code, out, err } = await errand(words, beside);
  assert.equal(code, 0, err);
  return out;
}

async function nothingOpen(): Promise<void> {
  await until('everything is acknowledged', async () => (await open(house, parties)).length === 0);
}

describe('errand wake exec', { timeout: 240_000 }, () => {
  test('acknowledges when the program has ended, and not before', async () => {
    const running = exec('--json');
    await through(house, parties, 'a haiku');
    const one = await woken.nth(1);
    assert.match(one.turn, /^\[DELEGATION ENDED dlg_\w+: completed\]\n/u);
    assert.match(one.turn, /a haiku/u);
    const [waiting] = await open(house, parties);
    assert.equal(one.notices, waiting?.id);
    one.answer(0);
    await nothingOpen();
    const [line] = await until('it is reported', () => (running.lines().length > 0 ? running.lines() : undefined));
    assert.deepEqual([line?.['outcome'], line?.['ids'], line?.['tries']], ['ended', [waiting?.id], 1]);
    assert.equal(await running.stop('SIGTERM'), 0);
    assert.equal(woken.woken.length, 1);
  });

  test('tells several endings in one turn', async () => {
    await through(house, parties, 'the first');
    await through(house, parties, 'the second');
    exec();
    const one = await woken.nth(1);
    assert.match(one.turn, /^\[2 NOTICES, the oldest first\]\n\n\[DELEGATION ENDED [\s\S]*the first[\s\S]*the second/u);
    assert.equal(one.notices.split(',').length, 2);
    one.answer(0);
    await nothingOpen();
  });

  test('tells a question, too', async () => {
    exec();
    await house.delegate(parties.lead, parties.peer);
    const [assigned] = (await house.call('GET', `/workspaces/${parties.peer}/assignments?wait=20`)).rows;
    const path = `/workspaces/${parties.peer}/assignments/${assigned?.delegation_id}/ask`;
    await house.call('POST', path, { body: { epoch: assigned?.epoch, question: 'Which colour?' } });
    const one = await woken.nth(1);
    assert.match(one.turn, /^\[DELEGATION ASKS[\s\S]*Which colour\?/u);
    one.answer(0);
    await nothingOpen();
  });

  for (const how of ['1', 'killed']) {
    test(`tells again what a program that ${how === '1' ? 'ended with 1' : 'was killed'} was told`, async () => {
      exec();
      await through(house, parties, 'a haiku');
      (await woken.nth(1)).answer(how);
      const again = await woken.nth(2);
      assert.match(again.turn, /a haiku/u);
      assert.equal((await open(house, parties)).length, 1);
      again.answer(0);
      await nothingOpen();
    });
  }

  test('keeps a notice for a turn that lasts longer than its lease', async () => {
    exec();
    await through(house, parties, 'a haiku');
    const one = await woken.nth(1);
    const began = Date.now();
    await until('three leases are over', async () => {
      assert.deepEqual(await handedOut(house, parties), []);
      return Date.now() - began > 1500;
    });
    one.answer(0);
    await nothingOpen();
    assert.equal(woken.woken.length, 1);
  });

  test('killed in the middle of a turn it leaves the notice to the next one', async () => {
    const first = exec();
    await through(house, parties, 'a haiku');
    const cut = await woken.nth(1);
    await first.stop('SIGKILL');
    exec();
    const again = await woken.nth(2);
    assert.equal(again.notices, cut.notices);
    cut.answer(0);
    assert.equal((await open(house, parties)).length, 1, 'whoever ends without us acknowledges nothing');
    again.answer(0);
    await nothingOpen();
  });

  test('gives up on poison after eight tries, leaves it in the inbox, and tells the others alone', async () => {
    await through(house, parties, 'poison');
    await through(house, parties, 'good');
    exec('--pause', '1ms');
    let turns = 0;
    await until('only poison is left', async () => {
      const next = woken.woken[turns];
      if (next !== undefined) {
        turns += 1;
        next.answer(next.turn.includes('poison') ? 1 : 0);
      }
      const poisonous = woken.woken.filter(({ turn }) => turn.includes('poison'));
      return poisonous.length === 8 && (await open(house, parties)).length === 1;
    });
    assert.match(woken.woken[0]?.turn ?? '', /poison[\s\S]*good/u);
    const left = await until('whoever looks finds it', async () => (await handedOut(house, parties))[0]);
    assert.ok(woken.woken[0]?.notices.includes(left));
    await through(house, parties, 'later');
    const later = await until('what comes later is told', () => woken.woken.find(({ turn }) => turn.includes('later')));
    assert.doesNotMatch(later.turn, /poison/u);
    later.answer(0);
    await until('poison alone is left', async () => (await open(house, parties)).length === 1);
  });

  for (const [manner, how] of [
    ['polite', 'ends well when it is told to'],
    ['stubborn', 'does not listen'],
  ] as const) {
    test(`ends a program that ${how} with itself, and gives back what it had in hand`, async () => {
      const running = exec('--', ...PROGRAM, manner);
      await through(house, parties, 'a haiku');
      const one = await woken.nth(1);
      const began = Date.now();
      assert.equal(await running.stop('SIGINT'), 0);
      assert.ok(Date.now() - began < 10_000);
      assert.equal(isAlive(one.pid), false);
      assert.equal((await handedOut(house, parties)).length, 1, 'it is free at once');
    });
  }

  test('ends a program that takes longer than it may', async () => {
    const running = exec('--timeout', '500ms');
    await through(house, parties, 'a haiku');
    await until('it is ended', () => /it was ended after 0\.5 s/u.test(running.said()));
    (await woken.nth(2)).answer(0);
    await nothingOpen();
  });

  test('puts the turn where an argument says so, and no shell sees it', async () => {
    const hostile = '$(touch /tmp/never) `id` "; rm -rf / #';
    const command = `${PROGRAM.map((word) => `'${word}'`).join(' ')} deaf --prompt={turn} "two words" \\$HOME`;
    exec('--command', command, '--dir', tmpdir(), '--');
    await through(house, parties, hostile);
    const one = await woken.nth(1);
    const [deaf, prompt = '', ...rest] = one.given;
    assert.equal(deaf, 'deaf');
    assert.match(prompt, /^--prompt=\[DELEGATION ENDED/u);
    assert.ok(prompt.includes(hostile));
    assert.deepEqual(rest, ['two words', '$HOME']);
    assert.equal(one.folder, realpathSync(tmpdir()));
    one.answer(0);
    await nothingOpen();
  });

  test('hands a command to a shell where it is asked to, and the turn only to its stdin', async () => {
    const [node = '', script = ''] = PROGRAM;
    exec('--shell', '--command', `'${node}' '${script}' "$((1 + 1))" && exit 0`, '--');
    await through(house, parties, 'a haiku');
    const one = await woken.nth(1);
    assert.deepEqual(one.given, ['2']);
    one.answer(0);
    await nothingOpen();
    const both = await errand(['wake', 'exec', '--shell', '--command', 'echo {turn}'], environment());
    assert.equal(both.code, 2);
    assert.match(both.err, /a shell would read the turn/u);
  });

  test('stops where there is no such program, and takes nothing along', async () => {
    await through(house, parties, 'a haiku');
    const { code, err } = await errand(['wake', 'exec', '--', 'no-such-program'], environment());
    assert.equal(code, 1);
    assert.match(err, /could not be started: spawn no-such-program ENOENT/u);
    assert.equal((await handedOut(house, parties)).length, 1);
    assert.equal((await errand(['wake', 'exec'], environment())).code, 2);
    assert.equal((await errand(['wake', 'exec', '--command', `'a`], environment())).code, 2);
  });

  test('stops where it may not read, and says why', async () => {
    const { code, err } = await errand(['wake', 'exec', '--', 'true'], environment({ ERRAND_TOKEN: 'wrong' }));
    assert.equal(code, 4);
    assert.match(err, /^unauthenticated: /mu);
  });
});

describe('errand wake webhook', { timeout: 240_000 }, () => {
  test('posts the turn, signed, and acknowledges at the answer', async () => {
    webhook();
    const id = await through(house, parties, 'a haiku');
    const one = await woken.nth(1);
    const { 'webhook-id': name, 'webhook-timestamp': at, 'webhook-signature': signature } = one.headers;
    const expected = createHmac('sha256', SECRET_KEY).update(`${String(name)}.${String(at)}.${one.body}`);
    assert.equal(signature, `v1,${expected.digest('base64')}`);
    assert.ok(Math.abs(Date.now() / 1000 - Number(at)) < 60);
    const said = JSON.parse(one.body) as Record<string, unknown>;
    assert.deepEqual([said['type'], said['workspace_id']], ['turn', parties.lead]);
    const [notice, ...others] = said['notices'] as Record<string, unknown>[];
    assert.equal(others.length, 0);
    assert.deepEqual([notice?.['delegation_id'], notice?.['kind'], notice?.['turn']], [id, 'settled', undefined]);
    assert.equal((await open(house, parties)).length, 1, 'not before the answer');
    one.answer(204);
    await nothingOpen();
  });

  test('sends again after an error, no sooner than it is asked to, under the same id', async () => {
    const running = webhook('--json');
    await through(house, parties, 'a haiku');
    const first = await woken.nth(1);
    const began = Date.now();
    first.answer(503, { 'retry-after': '1' });
    const again = await woken.nth(2);
    assert.ok(Date.now() - began >= 900);
    assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
    again.answer(500);
    (await woken.nth(3)).answer(200);
    await nothingOpen();
    const outcomes = running.lines().map(({ outcome, why }) => [outcome, why]);
    assert.deepEqual(outcomes.slice(0, 2), [
      ['failed', 'it answered 503'],
      ['failed', 'it answered 500'],
    ]);
  });

  test('leaves it to a receiver that took it, and tells it again if it does not acknowledge', async () => {
    webhook();
    await through(house, parties, 'a haiku');
    const first = await woken.nth(1);
    first.answer(202);
    const again = await woken.nth(2);
    assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
    again.answer(202);
    const [notice] = await open(house, parties);
    await house.call('POST', `/workspaces/${parties.lead}/inbox/ack`, { body: { ids: [notice?.id] } });
    await through(house, parties, 'another');
    const other = await until('the next one comes', () => woken.woken.find(({ turn }) => turn.includes('another')));
    other.answer(200);
    await nothingOpen();
    assert.ok(woken.woken.at(-1) === other);
  });

  test('does not wait for ever, and follows nobody elsewhere', async () => {
    const running = webhook('--timeout', '300ms');
    await through(house, parties, 'a haiku');
    const hanging = await woken.nth(1);
    await until('it has hung up', () => hanging.isGone());
    (await woken.nth(2)).answer(307, { location: 'http://127.0.0.1:9/' });
    (await woken.nth(3)).answer(200);
    await nothingOpen();
    assert.match(running.said(), /no answer within 0\.3 s[\s\S]*it answered 307/u);
  });

  test('stops when nobody is to be woken there any more', async () => {
    const running = webhook();
    await through(house, parties, 'a haiku');
    (await woken.nth(1)).answer(410);
    await until('it ends', () => running.isOver());
    assert.equal(running.child.exitCode, 1);
    assert.match(running.said(), /^gone: the receiver answered 410/mu);
    assert.equal((await handedOut(house, parties)).length, 1);
  });

  test('takes an address that is safe, and a secret that is one', async () => {
    for (const [words, reason] of [
      [['--url', 'http://agent.example/'], /in the clear/u],
      [['--url', 'ftp://agent.example/'], /is not an address/u],
      [['--url', 'https://me:secret@agent.example/'], /a name or a password/u],
      [[], /--url is missing/u],
      [['--url', woken.url, '--secret', 'whsec_c2hvcnQ='], /not one of Standard Webhooks/u],
      [['--url', woken.url, '--secret', SECRET.slice(6)], /not one of Standard Webhooks/u],
    ] as const) {
      const { code, err } = await errand(['wake', 'webhook', ...words], environment());
      assert.equal(code, 2, err);
      assert.match(err, reason);
    }
  });
});

describe('errand wake', { timeout: 240_000 }, () => {
  test('waits for a platform that is away, says so once, and finds it where it comes back', async () => {
    const data = join(mkdtempSync(join(tmpdir(), 'errand-wake-')), 'data');
    const beside = { ERRAND_DATA: data };
    let up = await serving(['--data', data]);
    try {
      await tried(['agent', 'add', 'lead'], beside);
      await tried(['agent', 'add', 'peer', '--pull'], beside);
      const receipt = await tried(['delegate', 'peer', 'Write', '--from', 'lead', '--json'], beside);
      const { delegation_id: id } = JSON.parse(receipt) as { delegation_id: string };
      const words = ['exec', ...QUICK, '--data', data, '--from', 'lead', '--', ...PROGRAM];
      const running = wake(words, { CONTROL: woken.url });
      await until('it is there', () => /waits at the inbox/u.test(running.said()));
      await ended(up, 'SIGKILL');
      await until('it is missed', () => /no platform answers at/u.test(running.said()));
      up = await serving(['--data', data]);
      await until('it is found', () => /the platform is back/u.test(running.said()), 4000);
      assert.equal(running.said().match(/no platform answers/gu)?.length, 1);
      await tried(['cancel', id, '--from', 'lead'], beside);
      const one = await woken.nth(1);
      assert.match(one.turn, new RegExp(`DELEGATION ENDED ${id}: cancelled`, 'u'));
      one.answer(0);
      await until('it is acknowledged', async () => /Nothing waits/u.test(await tried(['inbox', 'lead'], beside)));
      assert.equal(await running.stop('SIGTERM'), 0);
    } finally {
      await ended(up, 'SIGKILL');
      rmSync(join(data, '..'), { recursive: true });
    }
  });
});
