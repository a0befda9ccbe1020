/**
 * The real Claude Code with `errand wake claude` for a hook and a script for a model: it is told when it stops, on a
 * terminal also when it is idle, and what it was told is acknowledged when it has stopped again.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openHouse, until, type Fields, type House } from '../protocol/support.ts';
import { errand } from '../support/errand.ts';
import { ClaudeCode, whyNotRunning } from './claude-code.ts';
import { whyNotInstalled } from './installed.ts';
import { scriptedModel, type Block, type ScriptedModel } from './scripted-model.ts';

const RESULT = 'One waits, one is served.';
/** It takes seconds to start, and more where much else runs. */
const LOOKS_MAX = 4000;
const NO_TOOLS = '{"mcpServers":{}}';

const why = (await whyNotInstalled()) ?? whyNotRunning();
const isTerminalThere = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;
const skip = why ?? false;
const skipTerminal = why ?? (isTerminalThere ? false : 'there is no `script` of util-linux to provide a terminal');

let house: House;
let seats = 0;
const closing: (() => unknown)[] = [];

before(async () => {
  house = await openHouse();
});

after(async () => {
  for (const close of closing.toReversed()) {
    await close();
  }
  await house.close();
});

interface Seats {
  lead: string;
  peer: string;
}

async function pair(): Promise<Seats> {
  seats += 1;
  const [lead, peer] = [`lead-${seats}`, `peer-${seats}`];
  await house.seat(lead);
  await house.seat(peer, { pull: true });
  return { lead, peer };
}

async function delegate({ lead, peer }: Seats, task = 'Write a haiku about queues.'): Promise<string> {
  return (await house.delegate(lead, peer, { task })).delegation_id;
}

/** Its peer ends what it is given next. */
async function work({ peer }: Seats, said = RESULT): Promise<void> {
  const [assigned] = (await house.call('GET', `/workspaces/${peer}/assignments?wait=20`)).rows;
  const path = `/workspaces/${peer}/assignments/${assigned?.delegation_id}/complete`;
  const answer = await house.call('POST', path, { body: { epoch: assigned?.epoch, text: said } });
  assert.equal(answer.status, 200, answer.text);
}

async function untold({ lead }: Seats): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${lead}/inbox?peek=1`)).rows;
}

async function acknowledged(parties: Seats): Promise<void> {
  await until('it is acknowledged', async () => (await untold(parties)).length === 0);
}

/** Who is asked, how often it has been, and what it heard. */
async function modelFor(turns: ((news: string) => Block[] | Promise<Block[]>)[]): Promise<ScriptedModel> {
  let turn = 0;
  const model = await scriptedModel(async ({ news }) => {
    const answer = turns[turn] ?? (() => [{ say: 'Nothing more.' }]);
    turn += 1;
    return answer(news);
  });
  closing.push(() => model.close());
  return model;
}

async function claudeFor(model: ScriptedModel, { lead }: Seats, ...more: string[]): Promise<ClaudeCode> {
  const words = ['wake', 'config', '--client', 'claude', '--from', lead, '--platform', house.url, ...more];
  const { code, out, err } = await errand(words);
  assert.equal(code, 0, err);
  const claude = new ClaudeCode({ model, settings: NO_TOOLS, hooks: out });
  closing.push(() => claude.close());
  return claude;
}

/** What its hooks left for each other. */
function left({ home }: ClaudeCode, kind: 'hand' | 'prompt'): string[] {
  return globSync(join(home, `.local/state/errand/wake/*.${kind}.json`));
}

/** Everything went as scripted, and nobody tried to reach the world. */
function held({ faults: [fault], strangers }: ScriptedModel): void {
  if (fault !== undefined) {
    throw fault;
  }
  assert.deepEqual(strangers, []);
}

describe('Claude Code with nobody watching', { timeout: 120_000 }, () => {
  test('goes on with what has come when it stops, and acknowledges it when it stops again', { skip }, async () => {
    const parties = await pair();
    const id = await delegate(parties);
    const model = await modelFor([
      async () => {
        await work(parties);
        return [{ say: 'I have done my own part.' }];
      },
      async (news) => {
        assert.match(news, new RegExp(`DELEGATION ENDED ${id}: completed[\\s\\S]*${RESULT}`, 'u'));
        assert.match(news, /<untrusted-result \w+>/u);
        assert.equal((await untold(parties)).length, 1, 'the turn that carries it has not ended');
        return [{ say: 'And the haiku is there.' }];
      },
    ]);
    const claude = await claudeFor(model, parties);
    assert.equal(await claude.print('Do your part.'), 'And the haiku is there.');
    held(model);
    assert.equal(model.heard.length, 2);
    assert.deepEqual(await untold(parties), []);
  });

  test('is told again what it was told when it was killed', { skip }, async () => {
    const parties = await pair();
    await delegate(parties);
    await work(parties);
    let isTold = false;
    const model = await modelFor([
      () => [{ say: 'First.' }],
      async () => {
        isTold = true;
        await killed;
        return [{ say: 'Nobody hears it.' }];
      },
      () => [{ say: 'In a new session.' }],
      (news) => {
        assert.match(news, new RegExp(RESULT, 'u'));
        return [{ say: 'Now it is told.' }];
      },
    ]);
    const claude = await claudeFor(model, parties);
    const first = claude.begin('Begin.');
    let free = (): void => {};
    const killed = new Promise<void>((resolve) => {
      free = resolve;
    });
    await until('it is told', () => isTold, LOOKS_MAX);
    await first.kill();
    assert.equal((await untold(parties)).length, 1);
    free();
    assert.equal(await claude.print('Begin anew.'), 'Now it is told.');
    held(model);
    assert.deepEqual(await untold(parties), []);
  });

  test('stops as ever where nothing has come, and where no platform is', { skip }, async () => {
    const parties = await pair();
    await delegate(parties);
    const model = await modelFor([() => [{ say: 'One.' }], () => [{ say: 'Two.' }]]);
    const claude = await claudeFor(model, parties);
    assert.equal(await claude.print('Begin.'), 'One.');
    const astray = await claudeFor(model, parties, '--platform', 'http://127.0.0.1:9');
    assert.equal(await astray.print('Begin.'), 'Two.');
    held(model);
    assert.equal(model.heard.length, 2);
  });
});

describe('Claude Code on a terminal', { timeout: 120_000 }, () => {
  test('is woken when what it delegated ends while it is idle', { skip: skipTerminal }, async () => {
    const parties = await pair();
    await delegate(parties);
    const model = await modelFor([
      () => [{ say: 'I wait for others.' }],
      async (news) => {
        assert.match(news, new RegExp(RESULT, 'u'));
        assert.equal((await untold(parties)).length, 1);
        return [{ say: 'There it is.' }];
      },
    ]);
    const claude = await claudeFor(model, parties);
    const terminal = claude.sit('Begin.');
    closing.push(() => terminal.close());
    await until('it is idle', () => model.heard.length === 1, LOOKS_MAX);
    await until('its hook waits', () => left(claude, 'hand').length > 0);
    await work(parties);
    await until('it is woken', () => model.faults.length > 0 || model.heard.length === 2, LOOKS_MAX);
    held(model);
    await acknowledged(parties);
    await terminal.close();
    assert.equal(model.heard.length, 2);
  });

  test('is not interrupted by it while it works, and told when it stops', { skip: skipTerminal }, async () => {
    const parties = await pair();
    await delegate(parties);
    const model = await modelFor([
      () => [{ say: 'I wait for others.' }],
      async (news) => {
        assert.match(news, /Do something else/u);
        await work(parties);
        return [{ call: 'Glob', input: { pattern: '*.none' } }];
      },
      async (news) => {
        assert.doesNotMatch(news, new RegExp(RESULT, 'u'));
        assert.equal((await untold(parties)).length, 1);
        return [{ say: 'Something else is done.' }];
      },
      async (news) => {
        assert.match(news, new RegExp(RESULT, 'u'));
        assert.equal((await untold(parties)).length, 1);
        return [{ say: 'There it is.' }];
      },
    ]);
    const claude = await claudeFor(model, parties);
    const terminal = claude.sit('Begin.');
    closing.push(() => terminal.close());
    await until('its hook waits', () => left(claude, 'hand').length > 0, LOOKS_MAX);
    terminal.type('Do something else.');
    await until('it is typed', () => terminal.drawn().includes('else.'));
    terminal.type('\r');
    await until('it is told', () => model.faults.length > 0 || model.heard.length === 4, LOOKS_MAX);
    held(model);
    await acknowledged(parties);
    await terminal.close();
    assert.equal(model.heard.length, 4);
  });
});
