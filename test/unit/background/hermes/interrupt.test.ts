/** Stopping units: told with the reason, waited for, ended without their word, and each with a receipt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHermes } from '../../../../src/background/hermes/index.ts';
import { openHermesIn } from '../../../../src/background/hermes/open.ts';
import { ManualClock } from '../../../support/clock.ts';
import { gate, idOf, nextOf, worldWith } from './stage.ts';

const GRACE_MS = 1000;

test('interrupt_all signals only what runs, and each still ends with its event', async () => {
  await using hermes = await openHermes();
  const told: string[] = [];
  const [one, two] = [gate(), gate()];
  idOf(
    await hermes.dispatch_async_delegation({ goal: 'done', runner: () => ({}), interrupt_fn: () => told.push('x') }),
  );
  await nextOf(hermes);
  for (const [index, { runner, resolve }] of [one, two].entries()) {
    const interrupt_fn = (reason: string): void => {
      told.push(`${index}: ${reason}`);
      resolve({ status: 'interrupted', summary: 'so far' });
    };
    idOf(await hermes.dispatch_async_delegation({ goal: `g${index}`, runner, interrupt_fn }));
  }
  await Promise.all([one.begun, two.begun]);
  assert.equal(await hermes.interrupt_all('the user said stop'), 2);
  assert.deepEqual(told.toSorted(), ['0: the user said stop', '1: the user said stop']);
  for (const { event } of [await nextOf(hermes), await nextOf(hermes)]) {
    assert.deepEqual(
      [event.status, event.summary, event.error, event.exit_reason],
      ['interrupted', 'so far', 'the user said stop', 'interrupted'],
    );
  }
  assert.equal(await hermes.interrupt_all(), 0);
});

test('what waits for a slot is stopped without ever beginning, and its interrupt_fn is not called', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1, full: 'queue' });
  const [running, waiting] = [gate(), gate()];
  const told: string[] = [];
  idOf(
    await hermes.dispatch_async_delegation({
      goal: 'a',
      runner: running.runner,
      interrupt_fn: () => running.resolve({ status: 'interrupted' }),
    }),
  );
  const id = idOf(
    await hermes.dispatch_async_delegation({ goal: 'b', runner: waiting.runner, interrupt_fn: () => told.push('b') }),
  );
  assert.deepEqual(
    (await hermes.list_async_delegations()).map(({ status }) => status),
    ['running', 'queued'],
  );
  const [receipt] = await hermes.interrupt(id, 'not needed');
  assert.equal(receipt?.state, 'cancelled');
  const { how, event } = await receipt.ended;
  assert.deepEqual([how, event.status, event.exit_reason], ['never_began', 'interrupted', 'cancelled_before_start']);
  assert.equal(await hermes.interrupt_all(), 1);
  await hermes.shutdown();
  assert.deepEqual([waiting.isBegun, told], [false, []]);
});

test('H10: a receipt says how it stood, what its interrupt_fn threw, and whether it acknowledged', async () => {
  const faults: unknown[] = [];
  await using hermes = await openHermes({ onFault: (error) => faults.push(error) });
  const [one, two] = [gate(), gate()];
  const dispatch = { goal: 'g', session_key: 's' };
  const first = idOf(
    await hermes.dispatch_async_delegation({
      ...dispatch,
      runner: one.runner,
      interrupt_fn: () => {
        throw new TypeError('no such child');
      },
    }),
  );
  idOf(await hermes.dispatch_async_delegation({ goal: 'other', session_key: 't', runner: two.runner }));
  await Promise.all([one.begun, two.begun]);
  const receipts = await hermes.interrupt({ session_key: 's' }, 'enough');
  assert.deepEqual(
    receipts.map(({ delegation_id, state, interrupt_error }) => [delegation_id, state, interrupt_error]),
    [[first, 'asked', 'TypeError: no such child']],
  );
  const [listed] = await hermes.list_async_delegations({ session_key: 's' });
  assert.equal(listed?.status, 'interrupting');
  one.reject(new Error('stopped'));
  const [receipt] = receipts;
  const ended = await receipt?.ended;
  assert.deepEqual([ended?.how, ended?.event.status], ['acknowledged', 'interrupted']);
  assert.equal(faults.length, 1, 'it is said where faults are heard as well');
  const [again] = await hermes.interrupt(first);
  assert.deepEqual([again?.state, (await again?.ended)?.how], ['ended', 'before']);
  two.resolve({});
});

test('H10: what does not stop within its grace is ended without it, and what it brings later changes nothing', async () => {
  const clock = new ManualClock();
  const hermes = await openHermesIn(worldWith(clock), { cancelGraceMs: GRACE_MS });
  const { runner, resolve, begun } = gate();
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'stubborn', runner }));
  await begun;
  const [receipt] = await hermes.interrupt(id, 'stop');
  assert.equal(receipt?.state, 'asked');
  await clock.pass(GRACE_MS);
  const { how, event } = await receipt.ended;
  assert.deepEqual([how, event.status, event.exit_reason], ['forced', 'interrupted', 'force_finalized']);
  assert.equal(await hermes.active_count(), 0, 'its slot is free');
  const claim = await nextOf(hermes);
  assert.deepEqual(claim.event, event);
  await hermes.completion_queue.complete(claim);
  resolve({ status: 'completed', summary: 'after all' });
  await clock.pass(GRACE_MS);
  assert.deepEqual(await hermes.get_async_delegation(id), event);
  assert.deepEqual(await hermes.completion_queue.claim(), [], 'and nobody is told twice');
  const closing = hermes.shutdown({ mode: 'keep' });
  await clock.pass(GRACE_MS);
  await closing;
});

test('a runner that gives its result although it was told to stop has completed', async () => {
  await using hermes = await openHermes();
  const { runner, resolve, begun } = gate();
  const interrupt_fn = (): void => resolve({ status: 'completed', summary: 'just done' });
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'g', runner, interrupt_fn }));
  await begun;
  const [receipt] = await hermes.interrupt(id);
  const { how, event } = await receipt!.ended;
  assert.deepEqual([how, event.status, event.summary], ['acknowledged', 'completed', 'just done']);
});

test('a runner that wants to know is given a signal, and may say how far it is', async () => {
  await using hermes = await openHermes();
  const stopped = Promise.withResolvers<string>();
  const id = idOf(
    await hermes.dispatch_async_delegation({
      goal: 'g',
      runner: async ({ signal, progress, delegation_id }) => {
        progress(`at ${delegation_id}`);
        signal.addEventListener('abort', () => stopped.resolve(String(signal.reason)));
        return { status: 'interrupted', summary: await stopped.promise };
      },
    }),
  );
  const [receipt] = await hermes.interrupt(id);
  const { event } = await receipt!.ended;
  assert.match(event.summary ?? '', /cancelled/u);
  assert.equal((await hermes.list_async_delegations()).at(0)?.progress, `at ${id}`);
});

for (const [phase, silence] of [
  ['idle', 5000],
  ['in_tool', 9000],
] as const) {
  test(`a runner that falls silent (${phase}) is told to stop, and ends as stalled with how long it was silent`, async () => {
    const clock = new ManualClock();
    const liveness = { idleMs: 5000, inToolMs: 9000, graceMs: 1000 };
    const hermes = await openHermesIn(worldWith(clock), { liveness, cancelGraceMs: GRACE_MS });
    const reasons: string[] = [];
    const never = gate();
    idOf(
      await hermes.dispatch_async_delegation({
        goal: 'g',
        interrupt_fn: (reason) => reasons.push(reason),
        runner: async ({ progress }) => {
          progress({ message: 'reading', inTool: phase === 'in_tool' });
          return never.runner();
        },
      }),
    );
    await never.begun;
    await clock.pass(silence - 100);
    assert.deepEqual(reasons, []);
    await clock.pass(1200);
    await clock.pass(GRACE_MS);
    const { event } = await nextOf(hermes);
    assert.deepEqual(
      [event.status, event.diagnostics?.phase, event.diagnostics?.progress],
      ['stalled', phase, 'reading'],
    );
    const quiet = event.diagnostics?.quiet_seconds ?? 0;
    assert.ok(quiet * 1000 >= silence && quiet * 1000 <= silence + 3000, `${quiet}`);
    assert.deepEqual(reasons, ['stalled']);
    never.resolve({});
    const closing = hermes.shutdown({ mode: 'keep' });
    await clock.pass(GRACE_MS);
    await closing;
  });
}
