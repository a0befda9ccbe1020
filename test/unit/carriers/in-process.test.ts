/** Functions as callees, where the suite does not look: questions, parts, stubbornness, and nobody there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Handler, inProcessCarrier } from '../../../src/carriers/in-process/carrier.ts';
import type { Assignment, Carrier, Outcome } from '../../../src/core/ports/index.ts';
import { assignmentFor, calleeAt, type Watched, watched } from '../../../src/testing/carrier-suite.ts';
import { ManualClock } from '../../support/clock.ts';

const clock = new ManualClock();

function carrierOf(handler: Handler): Carrier {
  return inProcessCarrier({ handlers: new Map([['callee', handler]]), clock, cancelMs: 1000 });
}

function deliver(handler: Handler, given: Partial<Assignment> = {}, told: Watched = watched()): Promise<Outcome> {
  return carrierOf(handler).deliver(assignmentFor(calleeAt(), given), told);
}

test('C16: a question is asked, and its answer comes with the next call', async () => {
  const handler: Handler = (_task, attempt) => attempt.answer ?? attempt.ask('which?');
  assert.deepEqual(await deliver(handler), { kind: 'asked', question: 'which?' });
  assert.deepEqual(await deliver(handler, { answer: 'red' }), { kind: 'completed', output: { text: 'red' } });
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
      attempt.progress('early', 10);
      await late.promise;
      attempt.progress('late');
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
