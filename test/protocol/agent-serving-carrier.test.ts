/** The carrier suite, over agents that listen, in both versions; and our own client's other ways of meeting them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { a2aCarrier, fetchCard } from '../../src/carriers/a2a/carrier.ts';
import type { Workspace } from '../../src/core/workspace/index.ts';
import { systemClock } from '../../src/server/clock.ts';
import {
  assignmentFor,
  calleeAt,
  carrierSuite,
  type Manner,
  type Stage,
  watched,
} from '../../src/testing/carrier-suite.ts';
import { type Agent, closeAgents, openAgent, type Run, type Version } from './agent-serving-stage.ts';
import { until } from './support.ts';

for (const version of ['0.3', '1.0'] as const) {
  carrierSuite({ name: `A2A ${version} to an agent that listens`, open: async () => stage(version) });
}

const carrier = a2aCarrier({ clock: systemClock, loopback: true, pollFirstMs: 5, pollMostMs: 20 });

after(async () => {
  await carrier.close();
  await closeAgents();
});

async function stage(version: Version): Promise<Stage> {
  const own = a2aCarrier({ clock: systemClock, loopback: true, pollFirstMs: 5, pollMostMs: 20 });
  const agents: Agent[] = [];
  return {
    carrier: own,
    async callee(manner) {
      const agent = await openAgent({ handler: async (run) => behave(agent, run, manner) });
      agents.push(agent);
      return {
        workspace: calleeOf(agent, version),
        seen: () => ({ runs: agent.runs.length, stopped: agent.runs.some((run) => run.stopped) }),
      };
    },
    async close() {
      await own.close();
      await Promise.all(agents.map((agent) => agent.stop()));
    },
  };
}

/** What our platform has in the row of a workspace; a card that says nothing of 1.0 makes it speak 0.3. */
function calleeOf({ url, listener }: Agent, version: Version, streams = true): Workspace {
  const { supportedInterfaces, ...older } = listener.card;
  const card = version === '1.0' ? { ...older, supportedInterfaces } : older;
  return calleeAt({ id: url, url, card: streams ? card : { ...card, capabilities: {} } });
}

async function behave(agent: Agent, run: Run, manner: Manner): Promise<string> {
  switch (manner.manner) {
    case 'answers':
      return manner.text;
    case 'works':
      run.context.progress(manner.note);
      await until('it is followed', () => agent.requests() > 1);
      return manner.text;
    case 'fails':
      throw new Error(manner.error);
    case 'hangs':
      return new Promise((_resolve, reject) => {
        run.context.signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
  }
}

for (const version of ['0.3', '1.0'] as const) {
  for (const streams of [true, false]) {
    test(`C16: a question is asked and answered, ${version}, ${streams ? 'streamed' : 'polled'}`, async () => {
      const agent = await openAgent({
        async handler({ context }) {
          context.progress('thinking');
          const first = await context.ask('which one?');
          await until('it is followed', () => agent.requests() > 3);
          return `${first} ${await context.ask('how many?')}`;
        },
      });
      const callee = calleeOf(agent, version, streams);
      const given = assignmentFor(callee, { conversation: 'talk' });
      const asked = await carrier.deliver(given, watched());
      assert.ok(asked.kind === 'asked', JSON.stringify(asked));
      assert.equal(asked.question, 'which one?');
      const remote = { remoteTask: asked.remote?.task ?? '', remoteContext: asked.remote?.context ?? '' };
      const again = await carrier.deliver({ ...given, ...remote, answer: 'red', epoch: 2 }, watched());
      assert.equal(again.kind === 'asked' && again.question, 'how many?', JSON.stringify(again));
      const outcome = await carrier.deliver({ ...given, ...remote, answer: 'two', epoch: 3 }, watched());
      assert.deepEqual(outcome, { kind: 'completed', output: { text: 'red two' } });
      assert.equal(agent.runs.length, 1);
    });
  }

  test(`C2: what may have run is found by its conversation or by its message, and runs once, ${version}`, async () => {
    const agent = await openAgent();
    const given = assignmentFor(calleeOf(agent, version), { task: 'work on it', conversation: 'talk' });
    const told = watched();
    const first = carrier.deliver(given, told);
    await told.alive;
    told.stop('shutdown');
    await first;
    const second = carrier.deliver({ ...given, attempt: 2, epoch: 2, mayHaveRun: true }, watched());
    await until('it is followed', () => agent.requests() > 3);
    agent.runs[0]?.finish('made');
    assert.deepEqual(await second, { kind: 'completed', output: { text: 'made' } });
    assert.equal(agent.runs.length, 1);
  });

  test(`C5: a full house is busy, ${version}`, async () => {
    const agent = await openAgent({ about: { capacity: 1 } });
    const callee = calleeOf(agent, version);
    const told = watched();
    const first = carrier.deliver(assignmentFor(callee, { task: 'work on it' }), told);
    await told.alive;
    const outcome = await carrier.deliver(assignmentFor(callee, { task: 'say x' }), watched());
    assert.deepEqual(outcome, { kind: 'busy', retryAfterMs: 1000 });
    agent.runs[0]?.finish('made');
    assert.equal((await first).kind, 'completed');
  });
}

test('C13: a result at the bound is brought home, one beyond it is too large, and one far beyond fails at its source', async () => {
  const agent = await openAgent({ handler: ({ task }) => 'é'.repeat(Number(task.text)) });
  const callee = calleeOf(agent, '1.0');
  const most = 4 * 1024 * 1024 - 16;
  const whole = await carrier.deliver(assignmentFor(callee, { task: String(most) }), watched());
  assert.ok(whole.kind === 'completed' && whole.output.text === 'é'.repeat(most), whole.kind);
  const more = await carrier.deliver(assignmentFor(callee, { task: String(most + 100) }), watched());
  assert.ok(more.kind === 'completed' && more.output.text.length === most + 100, 'the line weighs it');
  const large = await carrier.deliver(assignmentFor(callee, { task: String(most + 1_000_000) }), watched());
  assert.equal(large.kind === 'failed' && large.reason, 'result_too_large');
  const larger = await carrier.deliver(assignmentFor(callee, { task: String(most * 2) }), watched());
  assert.match(larger.kind === 'failed' ? larger.error : '', /more than the 12582912/u);
});

test('the card is found from the address, and is one of both versions', async () => {
  const agent = await openAgent({ about: { name: 'found' } });
  const found = await fetchCard(agent.url, { clock: systemClock, loopback: true });
  assert.ok(found.card !== undefined);
  assert.deepEqual([found.card['name'], found.url, found.card['protocolVersion']], ['found', agent.url, '0.3.0']);
  const again = await fetchCard(`${agent.url}somewhere/below`, { clock: systemClock, loopback: true });
  assert.equal(again.card?.['url'], agent.url);
});
