/** Functions as callees, where the suite does not look: questions, parts, stubbornness, and nobody there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Handler, inProcessCarrier } from '../../../src/carriers/in-process/carrier.ts';
import type { Assignment, Carrier, Outcome } from '../../../src/core/ports/index.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, type Watched, watched } from '../../../src/testing/carrier-suite.ts';
import { ManualClock } from '../../support/clock.ts';

const clock = new ManualClock();

function carrierOf(handler: Handler): Carrier {
  return inProcessCarrier({ handlers: new Map([['callee', handler]]), clock, cancelMs: 1000 });
}

function deliver(handler: Handler, given: Partial<Assignment> = {}, told: Watched = watched()): Promise<Outcome> {
  return carrierOf(handler).deliver(assignmentFor(calleeAt(), given), told);
}

const handOver = (carrier: Carrier, given: Partial<Assignment>, told: Watched = watched()): Promise<Outcome> =>
  carrier.deliver(assignmentFor(calleeAt(), { id: 'dlg_one', key: 1, ...given }), told);

test('C16: a question ends the delivery, and its answer comes with the next one to the same run', async () => {
  let runs = 0;
  const carrier = carrierOf(async (_task, attempt) => {
    runs += 1;
    return `it is ${await attempt.ask('which?')}`;
  });
  const asked = handOver(carrier, {});
  await clock.pass(0);
  assert.deepEqual(await asked, { kind: 'asked', question: 'which?', remote: { task: 'dlg_one#1' } });
  const told = handOver(carrier, { epoch: 2, remoteTask: 'dlg_one#1', answer: 'red', question: 'which?' });
  assert.deepEqual(await told, { kind: 'completed', output: { text: 'it is red' } });
  assert.equal(runs, 1);
});

test('C16: what was answered before the process was another one is answered at once', async () => {
  const before: Partial<Assignment> = { remoteTask: 'dlg_one#1', answer: 'red', question: 'which?' };
  const handler: Handler = async (_task, attempt) => `${await attempt.ask('which?')} ${attempt.mayHaveRun}`;
  const again = await handOver(carrierOf(handler), before);
  assert.deepEqual(again, { kind: 'completed', output: { text: 'red true' } });
  const once = await handOver(carrierOf(handler), { ...before, delivery: 'at_most_once' });
  assert.equal(once.kind === 'unknown' && once.forgotten, true);
});

test('C16: a run that waits for what it has delegated gives its slot back and goes on with the next delivery', async () => {
  const child = Promise.withResolvers<string>();
  const carrier = carrierOf(async (_task, attempt) => `with ${await attempt.rest(child.promise)}`);
  const resting = handOver(carrier, {});
  await clock.pass(0);
  const rested = await resting;
  assert.ok(rested.kind === 'rests');
  child.resolve('its part');
  await rested.until;
  assert.deepEqual(await handOver(carrier, { epoch: 2, remoteTask: rested.remote.task }), {
    kind: 'completed',
    output: { text: 'with its part' },
  });
});

test('C16: what is there before the turn of the loop is over needs no rest', async () => {
  const handler: Handler = async (_task, attempt) => attempt.rest(Promise.resolve('there'));
  const carrier = inProcessCarrier({ handlers: new Map([['callee', handler]]), clock: systemClock });
  assert.deepEqual(await handOver(carrier, {}), { kind: 'completed', output: { text: 'there' } });
});

test('C16: a run that asked while it rested does not go on without a slot when what it rested for is there', async () => {
  const child = Promise.withResolvers<string>();
  const passedOn = Promise.withResolvers<string>();
  let hasGoneOn = false;
  const carrier = carrierOf(async (_task, attempt) => {
    void passedOn.promise.then(async (question) => attempt.ask(question));
    const part = await attempt.rest(child.promise);
    hasGoneOn = true;
    return `with ${part}`;
  });
  const resting = handOver(carrier, {});
  await clock.pass(0);
  const rested = await resting;
  assert.ok(rested.kind === 'rests');
  passedOn.resolve('which?');
  await rested.until;
  const asking = handOver(carrier, { epoch: 2, remoteTask: rested.remote.task });
  await clock.pass(0);
  assert.equal((await asking).kind, 'asked');
  child.resolve('its part');
  await clock.pass(0);
  assert.equal(hasGoneOn, false);
  const outcome = await handOver(carrier, {
    epoch: 3,
    remoteTask: rested.remote.task,
    answer: 'red',
    question: 'which?',
  });
  assert.deepEqual(outcome, { kind: 'completed', output: { text: 'with its part' } });
});

test('C9: a run that rests is told when nobody waits for it any more, and what it brings then is evidence', async () => {
  const carrier = carrierOf(async (_task, attempt) => {
    const stopped = new Promise<string>((resolve) => {
      attempt.signal.addEventListener('abort', () => resolve(String(attempt.signal.reason)));
    });
    await attempt.rest(new Promise(() => {})).catch(() => {});
    return stopped;
  });
  const ended: Outcome[] = [];
  const told = watched();
  const resting = handOver(carrier, {}, { ...told, reports: { ...told.reports, ended: (one) => ended.push(one) } });
  await clock.pass(0);
  const rested = await resting;
  assert.ok(rested.kind === 'rests');
  const stop = watched();
  stop.stop('cancelled');
  assert.equal((await handOver(carrier, { remoteTask: rested.remote.task }, stop)).kind, 'unknown');
});

test('C14: an output is handed on as it is', async () => {
  const output = { text: 'x', parts: [{ kind: 'data' as const, data: 1 }] };
  assert.deepEqual(await deliver(() => output), { kind: 'completed', output });
});

test('C7: nobody under that name in this process is unreachable', async () => {
  const carrier = inProcessCarrier({ handlers: new Map(), clock });
  assert.equal((await carrier.deliver(assignmentFor(calleeAt()), watched())).kind, 'unreachable');
});

test('C6: what is thrown is the failure, whatever is thrown', async () => {
  for (const [thrown, error] of [
    [new Error('no disk'), 'no disk'],
    ['just text', 'just text'],
    ['', 'the function failed without saying why'],
  ] as const) {
    const outcome = await deliver(() => {
      throw thrown;
    });
    assert.deepEqual(outcome, { kind: 'failed', reason: 'callee_failed', error });
  }
});

test('C9: a function that does not end when it is told to is left behind after its grace', async () => {
  const told = watched();
  const running = deliver(() => new Promise(() => {}), {}, told);
  told.stop('cancelled');
  await clock.pass(999);
  assert.equal(clock.pending, 1);
  await clock.pass(1);
  assert.equal((await running).kind, 'unknown');
  assert.equal(clock.pending, 0);
});

test('C9: an ending that comes after the stop and within the grace is the ending', async () => {
  const told = watched();
  const running = deliver(
    (_task, attempt) =>
      new Promise((resolve) => {
        attempt.signal.addEventListener('abort', () => resolve('made it'));
      }),
    {},
    told,
  );
  told.stop('cancelled');
  assert.deepEqual(await running, { kind: 'completed', output: { text: 'made it' } });
  assert.equal(clock.pending, 0);
});

test('C9: closing the carrier lets go of what runs', async () => {
  const carrier = carrierOf(() => new Promise(() => {}));
  const running = carrier.deliver(assignmentFor(calleeAt()), watched());
  await carrier.close();
  assert.equal((await running).kind, 'unknown');
});

test('C10: progress after the stop belongs to nobody', async () => {
  const told = watched();
  const late = Promise.withResolvers<undefined>();
  const running = deliver(
    async (_task, attempt) => {
      attempt.progress({ message: 'early', percent: 10 });
      await late.promise;
      attempt.progress({ message: 'late' });
      return 'x';
    },
    {},
    told,
  );
  told.stop('shutdown');
  late.resolve(undefined);
  assert.equal((await running).kind, 'unknown');
  assert.deepEqual(told.progress, [{ message: 'early', percent: 10 }]);
});
