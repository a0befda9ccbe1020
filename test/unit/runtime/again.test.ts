/**
 * How often, and after how long, something is done again while the platform is away.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeskError } from '../../../src/runtime/index.ts';
import { again, type Patience } from '../../../src/runtime/again.ts';
import { ManualClock } from '../../support/clock.ts';

const AWAY = new DeskError({ code: 'unreachable', message: 'away' });
const STOPPING = new DeskError({ code: 'shutting_down', message: 'stopping', retryAfterMs: 1000 });
const FULL = new DeskError({ code: 'queue_full', message: 'full', retryAfterMs: 3_600_000 });
const REFUSED = new DeskError({ code: 'not_found', message: 'no' });

interface Played {
  /** After so long it was done again. */
  pauses: number[];
  outcome: unknown;
  left: number;
}

/** Fails as it is told, in this order, and then answers; time moves on by itself. */
async function played(
  failures: readonly Error[],
  {
    patience = 'patient',
    chance = 1,
    stopAt = Infinity,
  }: { patience?: Patience; chance?: number; stopAt?: number } = {},
): Promise<Played> {
  const clock = new ManualClock();
  const stop = new AbortController();
  const moments: number[] = [];
  const state = { isOver: false };
  const ids = { random: () => '', chance: () => chance };
  const work = async (): Promise<string> => {
    moments.push(clock.now());
    const failure = failures[moments.length - 1];
    if (failure !== undefined) {
      throw failure;
    }
    return 'done';
  };
  const outcome = again(work, { clock, ids, patience, signal: stop.signal })
    .catch((error: unknown) => error)
    .finally(() => {
      state.isOver = true;
    });
  while (!state.isOver) {
    await clock.pass(100);
    if (moments.length >= stopAt) {
      stop.abort(new Error('enough'));
    }
  }
  const pauses = moments.slice(1).map((at, index) => at - (moments[index] ?? 0));
  return { pauses, outcome: await outcome, left: clock.pending };
}

describe('what fails because the platform is away', () => {
  test('is done again until it is there, after pauses that grow to a bound', async () => {
    const { pauses, outcome, left } = await played(Array.from({ length: 12 }, () => AWAY));
    assert.equal(outcome, 'done');
    assert.deepEqual(pauses, [200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000, 5000, 5000]);
    assert.equal(left, 0, 'no timer is left');
  });

  test('comes apart from what failed with it', async () => {
    const { pauses } = await played([AWAY, AWAY, AWAY], { chance: 0.25 });
    assert.deepEqual(pauses, [50, 100, 200]);
  });

  test('is not done before the time that the platform names', async () => {
    const { pauses, outcome } = await played([STOPPING, STOPPING], { chance: 0 });
    assert.deepEqual([pauses, outcome], [[1000, 1000], 'done']);
  });

  test('is let go at the signal, in the middle of a pause', async () => {
    const { outcome, left } = await played(
      Array.from({ length: 50 }, () => AWAY),
      { stopAt: 4 },
    );
    assert.deepEqual([(outcome as Error).message, left], ['enough', 0]);
  });
});

describe('what is put off', () => {
  test('is done again a few times, and what is away meanwhile does not count', async () => {
    const failures = [FULL, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, FULL, FULL, FULL, FULL];
    const { outcome, pauses } = await played(failures, { chance: 0 });
    assert.equal(outcome, 'done');
    assert.equal(Math.max(...pauses), 30_000, 'an hour is not waited');
    assert.equal((await played([...failures, FULL], { chance: 0 })).outcome, FULL);
  });

  test('is done again until it is refused by whoever is stubborn', async () => {
    const failures = [...Array.from({ length: 30 }, () => FULL), REFUSED, FULL];
    const { outcome, pauses } = await played(failures, { patience: 'stubborn', chance: 0 });
    assert.deepEqual([outcome, pauses.length], [REFUSED, 30]);
  });
});

test('what is refused is done once', async () => {
  for (const patience of ['patient', 'stubborn'] as const) {
    const { outcome, pauses } = await played([REFUSED], { patience });
    assert.deepEqual([outcome, pauses], [REFUSED, []]);
  }
});
