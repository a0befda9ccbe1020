/**
 * `errand wake claude` as its hooks run it, one process per event: what it hands over, when it acknowledges, and that
 * it never disturbs a session. `test/clients/wake.test.ts` does it with the real Claude Code.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { openHouse, until, type House } from '../protocol/support.ts';
import { errand } from '../support/errand.ts';
import { end, endAll, gate, handedOut, hook, open, seats, through, type Running, type Seats } from './wake/scene.ts';

const UNATTENDED = { CLAUDE_CODE_SESSION_ATTENDED: '0' };
const ATTENDED = { CLAUDE_CODE_SESSION_ATTENDED: '1' };

let house: House;
let parties: Seats;
let state: string;

before(async () => {
  house = await openHouse({ open: false });
});

after(async () => house.close());

beforeEach(async () => {
  parties = await seats(house);
  state = mkdtempSync(join(tmpdir(), 'errand-wake-'));
});

afterEach(() => {
  endAll();
  rmSync(state, { recursive: true });
});

interface Event {
  hook_event_name: string;
  session_id?: string;
  prompt_id?: string;
  prompt?: string;
  source?: string;
  stop_hook_active?: boolean;
}

function start(event: Event, more: Record<string, string> = {}, ...words: string[]): Running {
  const environment = {
    ERRAND_URL: house.url,
    ERRAND_TOKEN: parties.key,
    ERRAND_WORKSPACE: parties.lead,
    XDG_STATE_HOME: state,
    CLAUDE_PID: String(process.pid),
    ...UNATTENDED,
    ...more,
  };
  return hook({ session_id: 'session', prompt_id: 'one', ...event }, environment, ...words);
}

/** Its exit code, and what it says to the agent. */
async function fire(event: Event, more: Record<string, string> = {}): Promise<[number | null, string]> {
  const running = start(event, more);
  return [await running.ended(), running.said()];
}

async function stop(isContinuing = false, more: Record<string, string> = {}): Promise<[number | null, string]> {
  return fire({ hook_event_name: 'Stop', stop_hook_active: isContinuing }, more);
}

function left(kind: 'hand' | 'prompt'): string[] {
  const folder = join(state, 'errand', 'wake');
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${kind}.json`))
    .map((name) => join(folder, name));
}

describe('errand wake claude, with nobody watching', { timeout: 240_000 }, () => {
  test('says nothing where nothing has come, though something is out', async () => {
    await house.delegate(parties.lead, parties.peer);
    assert.deepEqual(await stop(), [0, '']);
  });

  test('hands over what has come, keeps it, and acknowledges it at the next stop', async () => {
    await through(house, parties, 'a haiku');
    const [code, said] = await stop();
    assert.equal(code, 2);
    assert.match(said, /^What this session delegated has news \(ntc_\w+\)\.\n\n\[DELEGATION ENDED/u);
    assert.match(said, /a haiku/u);
    assert.deepEqual(await handedOut(house, parties), [], 'nobody else is told meanwhile');
    assert.equal((await open(house, parties)).length, 1);
    assert.equal(statSync(left('hand')[0] ?? '').mode & 0o777, 0o600);
    assert.deepEqual(await stop(true), [0, '']);
    assert.deepEqual(await open(house, parties), []);
  });

  test('tells again what was told to a turn that did not end', async () => {
    await through(house, parties, 'a haiku');
    assert.equal((await stop())[0], 2);
    // Resumed after it was killed: it stops, and not because of what it was told.
    const [code, said] = await stop();
    assert.equal(code, 2);
    assert.match(said, /a haiku/u);
    assert.equal((await open(house, parties)).length, 1);
  });

  test('tells again what it knows nothing of any more', async () => {
    await through(house, parties, 'a haiku');
    await fire({ hook_event_name: 'Stop' });
    const [file = ''] = left('hand');
    const { ids } = JSON.parse(readFileSync(file, 'utf8')) as { ids: string[] };
    writeFileSync(file, '{"ids": [');
    assert.deepEqual(await stop(true), [0, '']);
    assert.equal((await open(house, parties)).length, 1);
    await house.call('POST', `/workspaces/${parties.lead}/inbox/renew`, { body: { ids, lease_ms: 0 } });
    assert.equal((await stop(true))[0], 2);
  });

  test('gives back what it had in hand when the session ends', async () => {
    await through(house, parties, 'a haiku');
    await stop();
    assert.deepEqual(await fire({ hook_event_name: 'SessionEnd' }), [0, '']);
    assert.equal((await handedOut(house, parties)).length, 1);
    assert.deepEqual([...left('hand'), ...left('prompt')], []);
  });

  test('gives back what a session had that was killed, when another begins', async () => {
    await through(house, parties, 'a haiku');
    const gone = start({ hook_event_name: 'SessionStart' });
    await gone.ended();
    await stop(false, { CLAUDE_PID: String(gone.child.pid) });
    const another = { hook_event_name: 'SessionStart', session_id: 'another' };
    assert.deepEqual(await fire(another), [0, '']);
    assert.equal((await handedOut(house, parties)).length, 1);
  });

  test('keeps in hand what a session has that is compacted in the middle of its turn', async () => {
    await through(house, parties, 'a haiku');
    await stop();
    assert.deepEqual(await fire({ hook_event_name: 'SessionStart', source: 'compact' }), [0, '']);
    assert.deepEqual(await stop(true), [0, '']);
    assert.deepEqual(await open(house, parties), []);
  });

  test('does not hold up a turn for ever, however much comes', async () => {
    for (let round = 0; round < 7; round += 1) {
      await through(house, parties, `haiku ${round}`);
      assert.equal((await stop(round > 0))[0], 2);
    }
    await through(house, parties, 'one more');
    const [code, said] = await stop(true);
    assert.equal(code, 0);
    assert.match(said, /enough in a row/u);
    assert.equal((await open(house, parties)).length, 1);
    assert.equal((await stop())[0], 2, 'after the next prompt');
  });

  test('never disturbs a session, whatever is wrong', async () => {
    const away = await stop(false, { ERRAND_URL: 'http://127.0.0.1:9' });
    assert.deepEqual([away[0], away[1].startsWith('errand: no platform answers')], [0, true]);
    const refused = await stop(false, { ERRAND_TOKEN: 'wrong' });
    assert.equal(refused[0], 0);
    assert.deepEqual(await fire({ hook_event_name: 'PreCompact' }), [0, '']);
    writeFileSync(join(state, 'file'), '');
    assert.equal((await stop(false, { XDG_STATE_HOME: join(state, 'file') }))[0], 0);
  });

  test('acknowledges later what the platform could not hear when the turn ended', async () => {
    const way = await gate(house.url);
    try {
      const there = { ERRAND_URL: way.url };
      await through(house, parties, 'a haiku');
      assert.equal((await stop(false, there))[0], 2);
      way.shut(true);
      assert.equal((await stop(true, there))[0], 0);
      assert.equal((await open(house, parties)).length, 1);
      way.shut(false);
      // Something else was asked since: that turn says nothing of the one before.
      assert.deepEqual(await stop(false, there), [0, '']);
      assert.deepEqual(await open(house, parties), []);
    } finally {
      await way.close();
    }
  });

  test('stays for what is out where it is told to', async () => {
    await house.delegate(parties.lead, parties.peer);
    const running = start({ hook_event_name: 'Stop' }, {}, '--stay', '30s');
    await until('it waits', () => left('hand').length > 0);
    await end(house, parties.peer, 'late');
    assert.equal(await running.ended(), 2);
    assert.match(running.said(), /late/u);
  });
});

describe('errand wake claude, on a terminal', { timeout: 240_000 }, () => {
  test('acknowledges what stood in the prompt of the turn that ends', async () => {
    await through(house, parties, 'a haiku');
    const [code, said] = await stop(false, ATTENDED);
    assert.equal(code, 2);
    const prompt = { prompt_id: 'two', prompt: `<task-notification>${said}</task-notification>` };
    assert.deepEqual(await fire({ hook_event_name: 'UserPromptSubmit', ...prompt }, ATTENDED), [0, '']);
    assert.equal((await open(house, parties)).length, 1);
    assert.deepEqual(await fire({ hook_event_name: 'Stop', prompt_id: 'two' }, ATTENDED), [0, '']);
    assert.deepEqual(await open(house, parties), []);
  });

  test('waits one turn for what stands in the queue of the session, then tells it again', async () => {
    await through(house, parties, 'a haiku');
    assert.equal((await stop(false, ATTENDED))[0], 2);
    await fire({ hook_event_name: 'UserPromptSubmit', prompt_id: 'two', prompt: 'something else' }, ATTENDED);
    assert.deepEqual(await fire({ hook_event_name: 'Stop', prompt_id: 'two' }, ATTENDED), [0, '']);
    assert.equal((await open(house, parties)).length, 1);
    const [code, said] = await fire({ hook_event_name: 'Stop', prompt_id: 'three' }, ATTENDED);
    assert.equal(code, 2);
    assert.match(said, /a haiku/u);
  });

  test('leaves when something is asked of the session, and takes nothing along', async () => {
    await house.delegate(parties.lead, parties.peer);
    const running = start({ hook_event_name: 'Stop' }, ATTENDED);
    await until('it waits', () => left('hand').length > 0);
    await fire({ hook_event_name: 'UserPromptSubmit', prompt_id: 'two', prompt: 'something else' }, ATTENDED);
    assert.equal(await running.ended(), 0);
    assert.equal(running.said(), '');
  });

  test('leaves when the session is not there any more', async () => {
    await house.delegate(parties.lead, parties.peer);
    const agent = start({ hook_event_name: 'PreCompact' });
    await agent.ended();
    const running = start({ hook_event_name: 'Stop' }, { ...ATTENDED, CLAUDE_PID: String(agent.child.pid) });
    assert.equal(await running.ended(), 0);
  });

  test('stays no longer than something is out', async () => {
    assert.deepEqual(await stop(false, ATTENDED), [0, '']);
  });
});

describe('errand wake config', () => {
  test('prints the hooks of Claude Code, and how they find the platform', async () => {
    const words = ['wake', 'config', '--client', 'claude', '--from', "it's", '--data', state];
    const { code, out, err } = await errand(words);
    assert.equal(code, 0, err);
    assert.match(err, /\.claude\/settings\.json/u);
    const { hooks } = JSON.parse(out) as { hooks: Record<string, [{ hooks: [Record<string, unknown>] }]> };
    assert.deepEqual(Object.keys(hooks), ['SessionStart', 'UserPromptSubmit', 'Stop', 'SessionEnd']);
    const stopping = hooks['Stop']?.[0].hooks[0];
    assert.deepEqual([stopping?.['type'], stopping?.['asyncRewake'], stopping?.['timeout']], ['command', true, 86_400]);
    assert.match(String(stopping?.['command']), /wake claude --from 'it'\\''s' --data \S+$/u);
    assert.equal((await errand(['wake', 'config', '--client', 'codex'])).code, 2);
    assert.equal((await errand(['wake'])).code, 2);
  });
});
