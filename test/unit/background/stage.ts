/**
 * Background delegation over memory and a clock that a test moves, and over a file that outlives it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Background, Callees, Ending, Turn } from '../../../src/background/background.ts';
import { memoryBounds, openIn } from '../../../src/background/open.ts';
import type { Opening } from '../../../src/background/settings.ts';
import type { Engine } from '../../../src/core/ports/index.ts';
import { openMemory, Tables } from '../../../src/engines/memory/engine.ts';
import { openSqlite } from '../../../src/engines/sqlite/engine.ts';
import { ManualClock } from '../../support/clock.ts';
import { SeededIds } from '../../support/ids.ts';

export interface Stage<W extends Callees> {
  door: Background<W>;
  clock: ManualClock;
  engine: Engine;
  /** What went wrong that nobody waits for. */
  faults: unknown[];
}

const PATIENCE_MS = 10_000;

interface Past {
  clock?: ManualClock;
  /** What an earlier one left behind. */
  tables?: Tables;
  seed?: number;
}

/** Stopped at the end of the test, which fails if anything went wrong that nobody waited for. */
export async function stage<const W extends Callees>(
  test: TestContext,
  opening: Opening<W>,
  { clock = new ManualClock(), tables = new Tables(), seed = 1 }: Past = {},
): Promise<Stage<W>> {
  const faults: unknown[] = [];
  const engines: Engine[] = [];
  const world = {
    ...{ clock, ids: new SeededIds(seed, seed * 1_000_000) },
    engine: async ({ settings, owner, onFault }: Parameters<Parameters<typeof openIn>[0]['engine']>[0]) => {
      const place = { clock, ids: world.ids, limits: settings.limits, owner };
      const engine =
        settings.store === undefined
          ? await openMemory({ ...place, ...memoryBounds(settings), tables })
          : await openSqlite({ ...place, path: settings.store, onBroken: onFault });
      engines.push(engine);
      return engine;
    },
  };
  const door = await openIn(world, { onFault: (error) => faults.push(error), ...opening });
  test.after(async () => {
    const closing = door.shutdown({ mode: 'cancel', deadlineMs: 1 });
    await settling(closing, clock);
  });
  return { door: door as unknown as Background<W>, clock, engine: engines[0]!, faults };
}

/** A file of a database in a folder of its own, gone after the test. */
export function file(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'errand-background-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'errand.db');
}

/** Waits for a condition, and not for a time; what never comes is an error that says so. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const late = performance.now() + PATIENCE_MS; performance.now() < late;) {
    if ((await condition()) === true) {
      return;
    }
    await setImmediate();
  }
  throw new Error(`never came: ${what}`);
}

/** Time passes until it has settled. */
export async function settling<T>(promise: Promise<T>, clock: ManualClock, stepMs = 1000): Promise<T> {
  const state = { isOver: false };
  const over = promise.finally(() => {
    state.isOver = true;
  });
  for (let steps = 0; steps < 10_000 && !state.isOver; steps += 1) {
    await quiet();
    if (!state.isOver) {
      await clock.pass(stepMs);
    }
  }
  if (!state.isOver) {
    throw new Error('it never settled, however much time passed');
  }
  return over;
}

/** Everything that can happen without time having passed has happened. */
export async function quiet(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) {
    await setImmediate();
  }
}

export interface Latch {
  opened: Promise<true>;
  open: () => void;
}

/** Something happens once, and whoever waits for it goes on. */
export function latch(): Latch {
  const { promise, resolve } = Promise.withResolvers<true>();
  return { opened: promise, open: () => resolve(true) };
}

/** The next turn, if there is one without time passing. */
export async function nextTurn(turns: AsyncIterator<Turn>): Promise<Turn> {
  const { done, value } = await turns.next();
  if (done === true) {
    throw new Error('there are no more turns');
  }
  return value as Turn;
}

/** How it ended, in a word. */
export function wordOf({ status, reason }: Pick<Ending, 'status' | 'reason'>): string {
  return reason === undefined ? status : `${status}: ${reason}`;
}
