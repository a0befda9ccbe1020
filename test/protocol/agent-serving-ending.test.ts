/** How what an agent is called for ends when something ends it: a deadline, a cancel nobody confirms, age, the agent itself. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ManualClock } from '../support/clock.ts';
import {
  type Agent,
  allEvents,
  askFor,
  closeAgents,
  messageOf,
  noteIn,
  openAgent,
  post,
  resultIn,
  say,
  subscription,
  whileTimePasses,
} from './agent-serving-stage.ts';
import { until } from './support.ts';

after(closeAgents);

const MINUTE = 60_000;

async function began(agent: Agent, count = 1): Promise<void> {
  await until('it is at work', () => agent.runs.length === count);
}

describe('a task', () => {
  test('whose handler does not confirm a cancel is at work for a while, and then cancelled without it', async () => {
    const clock = new ManualClock();
    const agent = await openAgent({ clock, about: { capacity: 1 } });
    const { task } = await say(agent, 'deaf', { wait: false });
    const told = askFor(agent, 'cancel', task.id);
    await until('it is told', () => agent.runs[0]?.stopped === true);
    await clock.pass(2000);
    assert.equal((await told).task.status.state, 'TASK_STATE_WORKING');
    await clock.pass(6000);
    const over = await askFor(agent, 'get', task.id);
    assert.equal(over.task.status.state, 'TASK_STATE_CANCELED');
    assert.match(noteIn(over.task), /has not confirmed/u);
    assert.equal((await say(agent, 'say x')).status, 503, 'its handler still has the place');
    agent.runs[0]?.finish('late');
    await until('the handler has returned', () => agent.listener.active === 0);
    const later = await askFor(agent, 'get', task.id);
    assert.deepEqual(later.task, over.task, 'an ended task does not change');
    assert.equal(clock.pending, 1, 'what is left is to forget it');
  });

  test('is stopped at its deadline, at work or waiting for an answer, and not begun after it', async () => {
    const clock = new ManualClock();
    const agent = await openAgent({ clock });
    const deadline = new Date(clock.now() + MINUTE).toISOString();
    const metadata = { deadline };
    const tasks = [
      (await say(agent, 'hang', { wait: false, metadata })).task,
      (await say(agent, 'ask what?', { metadata })).task,
    ];
    await clock.pass(MINUTE + 1);
    await until('the handlers have returned', () => agent.listener.active === 0);
    const late = await say(agent, 'say x', { metadata });
    for (const { id } of [...tasks, late.task]) {
      const { task } = await askFor(agent, 'get', id);
      assert.deepEqual([task.status.state, noteIn(task)], ['TASK_STATE_FAILED', 'it was stopped at its deadline']);
    }
    assert.equal(agent.runs.length, 2);
  });

  test('is forgotten an hour after its end, and its message is a new one then', async () => {
    const clock = new ManualClock();
    const agent = await openAgent({ clock });
    const first = await say(agent, 'say x', { messageId: 'one' });
    await clock.pass(59 * MINUTE);
    assert.equal((await say(agent, 'say x', { messageId: 'one' })).task.id, first.task.id);
    const second = await say(agent, 'say y', { messageId: 'two' });
    await clock.pass(2 * MINUTE);
    assert.equal((await askFor(agent, 'get', first.task.id)).code, -32_001);
    assert.equal((await askFor(agent, 'get', second.task.id)).code, undefined);
    assert.notEqual((await say(agent, 'say x', { messageId: 'one' })).task.id, first.task.id);
    assert.equal(agent.runs.length, 3);
  });

  test('a call that waits for it is answered after some minutes with the task as it stands', async () => {
    const clock = new ManualClock();
    const agent = await openAgent({ clock });
    const waiting = say(agent, 'hang');
    await began(agent);
    const { task } = await whileTimePasses(clock, waiting);
    assert.equal(task.status.state, 'TASK_STATE_WORKING');
  });

  test('of a platform that says nothing of itself is answered in a moment, and given back within it', async () => {
    const clock = new ManualClock();
    const agent = await openAgent({ clock });
    const metadata = { delegation_id: 'dlg_1' };
    const silent = say(agent, 'hang', { wait: false, metadata });
    await began(agent);
    await clock.pass(500);
    assert.equal((await silent).task.status.state, 'TASK_STATE_WORKING');
    const spoken = await say(agent, 'work half way', { wait: false, metadata });
    assert.equal(noteIn(spoken.task), 'half way');
  });
});

describe('an agent that stops', () => {
  test('lets its tasks end, refuses new ones, and is gone', async () => {
    const agent = await openAgent();
    const { task } = await say(agent, 'work on it', { wait: false, messageId: 'one' });
    const body = JSON.stringify({ id: 1, method: subscription('1.0'), params: { id: task.id } });
    const followed = await post(agent.url, body);
    const stopped = agent.stop('drain', 10_000);
    const refused = await say(agent, 'say x');
    assert.deepEqual([refused.status, refused.body['busy'], refused.headers.get('retry-after')], [503, true, '5']);
    assert.equal((await say(agent, 'work on it', { wait: false, messageId: 'one' })).task.id, task.id);
    agent.runs[0]?.finish('made');
    const events = await allEvents(followed);
    assert.equal(Object.keys(events.at(-1) ?? {})[0], 'statusUpdate');
    assert.equal(resultIn((await askFor(agent, 'get', task.id)).task), 'made', 'it can be read for a moment');
    await stopped;
    await assert.rejects(fetch(agent.url), TypeError);
    assert.equal(agent.listener.active, 0);
  });

  test('takes answers while it drains', async () => {
    const agent = await openAgent();
    const asked = await say(agent, 'ask which?');
    const stopped = agent.stop('drain', 10_000);
    assert.equal(resultIn((await say(agent, 'this', { taskId: asked.task.id })).task), 'which? this');
    await stopped;
  });

  for (const mode of ['drain', 'cancel'] as const) {
    test(`tells what is left that it stops, and its callers that it can be tried again (${mode})`, async () => {
      const agent = await openAgent();
      const waiting = [say(agent, 'hang'), say(agent, 'wait')];
      await began(agent, 2);
      const asked = await say(agent, 'ask what?');
      const body = JSON.stringify({ id: 1, method: subscription('1.0'), params: { id: asked.task.id } });
      const followed = await post(agent.url, body);
      const stopped = agent.stop(mode, 20);
      for (const { task } of await Promise.all(waiting)) {
        assert.deepEqual([task.status.state, task.metadata?.['retryable']], ['TASK_STATE_FAILED', true]);
        assert.match(noteIn(task), /the agent was stopped/u);
      }
      assert.match(JSON.stringify(await allEvents(followed)), /the agent was stopped/u);
      await stopped;
      assert.deepEqual(
        agent.runs.map((run) => run.stopped),
        [true, true, true],
      );
    });
  }

  test('does not wait for a handler that hears nothing', async () => {
    const clock = new ManualClock();
    const agent = await openAgent({ clock });
    const waiting = say(agent, 'deaf');
    await began(agent);
    await whileTimePasses(clock, agent.stop('drain', 5000));
    assert.equal((await waiting).task.status.state, 'TASK_STATE_FAILED');
    agent.runs[0]?.finish('late');
    await until('the handler has returned', () => agent.listener.active === 0);
    assert.deepEqual([clock.pending, agent.faults], [0, []]);
  });

  test('that drains can be hurried', async () => {
    const agent = await openAgent();
    const waiting = say(agent, 'hang');
    await began(agent);
    const draining = agent.stop('drain', 3_600_000);
    await agent.stop('cancel');
    await draining;
    assert.equal((await waiting).task.status.state, 'TASK_STATE_FAILED');
  });

  test('stops once, however often it is told to', async () => {
    const agent = await openAgent();
    await Promise.all([agent.stop(), agent.stop('drain'), agent.stop()]);
    await agent.stop();
  });
});

test('nothing is left of a thousand tasks, of readers that went, nor of the agent', { timeout: 60_000 }, async () => {
  const before = socketsOpen();
  const clock = new ManualClock();
  const agent = await openAgent({ clock, limits: { keptMax: 40 }, about: { capacity: 50 } });
  for (let round = 0; round < 50; round += 1) {
    await Promise.all(Array.from({ length: 20 }, async (_, index) => live(agent, index)));
  }
  await until('all readers are gone', () => agent.listener.active === 0 && clock.pending <= 2);
  assert.ok(clock.pending <= 2, `${clock.pending} timers`);
  await whileTimePasses(clock, agent.stop('drain'));
  assert.equal(clock.pending, 0);
  await until('all sockets are closed', () => socketsOpen() <= before);
  assert.deepEqual(agent.faults, []);
});

/** One task of many kinds, some of whose callers go away in the middle. */
async function live(agent: Agent, index: number): Promise<void> {
  if (index % 4 === 0) {
    const gone = new AbortController();
    const body = JSON.stringify({ id: 1, method: 'SendStreamingMessage', params: messageOf('ask what?') });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(agent.url, { method: 'POST', headers, body, signal: gone.signal });
    const reader = response.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    gone.abort();
    const { id } = (JSON.parse(first.slice(6)) as { result: { task: { id: string } } }).result.task;
    const { task } = await askFor(agent, 'cancel', id);
    assert.equal(task.status.state, 'TASK_STATE_CANCELED');
    return;
  }
  const { task } = await say(agent, ['say x', 'fail x', 'say y'][index % 3] ?? '');
  assert.ok(task.status.state !== 'TASK_STATE_WORKING');
}

function socketsOpen(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
}
