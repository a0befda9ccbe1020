/** An agent that listens, as a workspace of a platform: both are real, and either may be away for a while. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Agent, closeAgents, openAgent, type Version } from './agent-serving-stage.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
let seats = 0;

before(async () => {
  house = await openHouse();
  await house.seat('lead');
});

after(async () => {
  await house.close();
  await closeAgents();
});

async function seatOf(agent: Agent, version: Version = '1.0', more: object = {}): Promise<string> {
  seats += 1;
  const { supportedInterfaces, ...older } = agent.listener.card;
  const card = version === '1.0' ? { ...older, supportedInterfaces } : older;
  await house.seat(`served-${seats}`, { url: agent.url, agent_card: card, capacity: 8, ...more });
  return `served-${seats}`;
}

async function read(id: string, at: House = house): Promise<Fields> {
  return (await at.call('GET', `/workspaces/lead/delegations/${id}`)).body;
}

async function reached(id: string, status: string, at: House = house): Promise<Fields> {
  return until(`it is ${status}`, async () => {
    const found = await read(id, at);
    return found.status === status && found;
  });
}

for (const version of ['0.3', '1.0'] as const) {
  test(`a delegation is carried out, with its own name and its deadline, ${version}`, async () => {
    const agent = await openAgent();
    const target = await seatOf(agent, version);
    const more = { task: 'say done', context: 'what is known', deadline_ms: 120_000 };
    const made = await house.delegate('lead', target, more);
    const ended = await house.ended('lead', made.delegation_id);
    assert.deepEqual([ended.status, ended.result.text], ['completed', 'done']);
    const { task } = agent.runs[0] ?? assert.fail();
    assert.deepEqual(
      [task.id, task.text, task.context, task.caller, task.attempt, task.mayHaveRun],
      [made.delegation_id, 'say done', 'what is known', 'lead', 1, false],
    );
    const left = task.deadline.getTime() - Date.now();
    assert.ok(left > 60_000 && left <= 120_000, `${left}`);
  });

  test(`progress is seen, a question is answered, and the answer goes on in the same run, ${version}`, async () => {
    const agent = await openAgent({
      async handler(run) {
        run.context.progress('half way');
        await until('it is seen', async () => JSON.stringify(await read(run.task.id)).includes('half way'));
        return `made ${await run.context.ask('which one?')}`;
      },
    });
    const target = await seatOf(agent, version);
    const { delegation_id: id } = await house.delegate('lead', target, { task: 'go' });
    const asked = await reached(id, 'input_required');
    assert.match(JSON.stringify(asked), /which one\?/u);
    const answered = await house.call('POST', `/workspaces/lead/delegations/${id}/answer`, { body: { text: 'red' } });
    assert.equal(answered.status, 200, answered.text);
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.result.text, agent.runs.length], ['completed', 'made red', 1]);
  });

  test(`a failure has its words, ${version}`, async () => {
    const target = await seatOf(await openAgent(), version);
    const { delegation_id: id } = await house.delegate('lead', target, { task: 'fail the disk is full' });
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.reason, ended.error], ['failed', 'callee_failed', 'the disk is full']);
  });

  test(`a cancel reaches the handler, ${version}`, async () => {
    const agent = await openAgent();
    const target = await seatOf(agent, version);
    const { delegation_id: id } = await house.delegate('lead', target, { task: 'work on it' });
    await reached(id, 'in_progress');
    await house.call('POST', `/workspaces/lead/delegations/${id}/cancel`, { body: {} });
    assert.equal((await house.ended('lead', id)).status, 'cancelled');
    assert.equal(agent.runs[0]?.stopped, true);
  });

  test(`more than the agent takes wait their turn at the platform, in order, ${version}`, async () => {
    const seen: string[] = [];
    let most = 0;
    const agent = await openAgent({
      about: { capacity: 1 },
      async handler({ task }) {
        most = Math.max(most, agent.listener.active);
        seen.push(task.text);
        await new Promise((resolve) => void setImmediate(resolve));
        return 'done';
      },
    });
    // The platform believes that there are three places, and is told otherwise.
    const target = await seatOf(agent, version, { capacity: 3 });
    const tasks = Array.from({ length: 12 }, (_, index) => `task ${index}`);
    const ids: string[] = [];
    for (const task of tasks) {
      ids.push((await house.delegate('lead', target, { task })).delegation_id);
    }
    for (const id of ids) {
      assert.equal((await house.ended('lead', id)).status, 'completed');
    }
    assert.deepEqual([seen.toSorted(), most], [tasks.toSorted(), 1]);
    // Three of them knock at once, and any of these may be let in first; nobody behind them is.
    const early = tasks.filter((task, index) => seen.indexOf(task) < index - 2);
    assert.deepEqual(early, []);
  });

  test(`what it could do later goes back to the queue while nobody was told of it, ${version}`, async () => {
    const { TryLater } = await import('../../src/runtime/agent/work.ts');
    const agent = await openAgent({
      handler() {
        if (agent.runs.length < 3) {
          throw new TryLater('not now');
        }
        return 'now';
      },
    });
    const { delegation_id: id } = await house.delegate('lead', await seatOf(agent, version), { task: 'go' });
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.result.text, agent.runs.length], ['completed', 'now', 3]);
  });
}

test('a platform that is restarted in the middle finds its tasks, and none ran twice', async () => {
  const data = mkdtempSync(join(tmpdir(), 'errand-serving-'));
  const agent = await openAgent();
  const first = await openHouse({ data });
  await first.seat('lead');
  await first.seat('callee', { url: agent.url, agent_card: agent.listener.card, capacity: 8 });
  const ids: string[] = [];
  for (const task of ['work on it', 'wait for it', 'ask what?']) {
    ids.push((await first.delegate('lead', 'callee', { task })).delegation_id);
  }
  await until('all are at work', () => agent.runs.length === 3);
  await reached(ids[2] ?? '', 'input_required', first);
  await first.close();
  const second = await openHouse({ data });
  try {
    for (const run of agent.runs) {
      run.finish(`made ${run.task.id}`);
    }
    const body = { text: 'this' };
    await second.call('POST', `/workspaces/lead/delegations/${ids[2]}/answer`, { body });
    const texts = await Promise.all(ids.map(async (id) => (await second.ended('lead', id)).result?.text));
    assert.deepEqual(texts, [`made ${ids[0]}`, `made ${ids[1]}`, 'what? this']);
    assert.equal(agent.runs.length, 3);
  } finally {
    await second.close();
    rmSync(data, { recursive: true, force: true });
  }
});

test('C8: an agent that dies in the middle and comes back is asked for the task, and is given it once more', async () => {
  const program = join(import.meta.dirname, 'agent-serving-program.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const { url, card } = JSON.parse(line) as { url: string; card: Record<string, unknown> };
  await house.seat('mortal', { url, agent_card: card });
  const { delegation_id: id } = await house.delegate('lead', 'mortal', { task: 'work on it' });
  await reached(id, 'in_progress');
  child.kill('SIGKILL');
  await exited;
  const back = await openAgent({ port: Number(new URL(url).port), handler: () => 'done after all' });
  const ended = await house.ended('lead', id);
  assert.deepEqual([ended.status, ended.result?.text], ['completed', 'done after all']);
  assert.equal(back.runs.length, 1);
});

test('an agent that is away when it is called gets its task when it is back', async () => {
  const away = await openAgent();
  const target = await seatOf(away);
  const port = Number(new URL(away.url).port);
  await away.stop();
  const { delegation_id: id } = await house.delegate('lead', target, { task: 'say done' });
  await until('it was tried', async () => JSON.stringify(await read(id)).includes('ECONNREFUSED'));
  const back = await openAgent({ port });
  assert.equal((await house.ended('lead', id)).status, 'completed');
  assert.equal(back.runs.length, 1);
});

test('an agent that is stopped gives back what it had, at once, and the next one does it', async () => {
  const agent = await openAgent();
  const { delegation_id: id } = await house.delegate('lead', await seatOf(agent), { task: 'work on it' });
  await reached(id, 'in_progress');
  await agent.stop('drain', 10);
  await until('it is back', async () => JSON.stringify(await read(id)).includes('the agent was stopped'));
  await openAgent({ port: Number(new URL(agent.url).port), handler: () => 'done by another' });
  assert.equal((await house.ended('lead', id)).result.text, 'done by another');
});
