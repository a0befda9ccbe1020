/**
 * Waiting for several: all of them, any, or the first few. What ended is taken, what goes on is told of when it ends.
 */
import type { Handle, Waited, WaitMode, Waiting } from './background.ts';
import { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import { requireWaiting, waitFor } from './wait.ts';
import { COUNT, isObject, requireField, type Kind } from './wrong.ts';

export interface WaitingFor {
  mode: WaitMode;
  handles: readonly Handle[];
  waiting: Waiting;
  onQuestion?: (handle: TaskHandle) => void;
}

export async function waitMode(house: House, { mode, handles, waiting, onQuestion }: WaitingFor): Promise<Waited> {
  requireField('wait.mode', mode ?? null, MODE);
  requireField('wait.handles', handles ?? null, HANDLES);
  requireWaiting(waiting);
  const mine = handles.map((handle) =>
    handle instanceof TaskHandle ? handle : new TaskHandle(house, { ...handle.toJSON(), key: undefined }),
  );
  const run = house.running.current;
  const pass = onQuestion ?? (run === undefined ? undefined : (asking: TaskHandle) => run.passOn(asking));
  const wait = async (): ReturnType<typeof waitFor> =>
    waitFor(house, {
      handles: mine,
      first: firstOf(mode, handles.length),
      waiting,
      ...(pass === undefined ? {} : { onQuestion: pass }),
    });
  const found = onQuestion === undefined && run !== undefined ? await run.waitFor(mine, wait) : await wait();
  return {
    endings: found.filter((ending) => ending !== undefined),
    open: handles.filter((_handle, index) => found[index] === undefined),
  };
}

const MODE: Kind = [
  (mode) => mode === 'all' || mode === 'any' || (isObject(mode) && COUNT[0]((mode as { first?: unknown }).first)),
  "'all', 'any' or { first: a whole number from 1 on }",
];
const HANDLES: Kind = [
  (handles) => Array.isArray(handles) && handles.every((one) => one instanceof TaskHandle || isHandle(one)),
  'a list of handles (of a batch its `handles`; handle(id) makes one of an id)',
];

/** Of another opening, or another copy of this. */
function isHandle(one: unknown): boolean {
  return isObject(one) && 'done' in one && 'steer' in one && 'toJSON' in one;
}

function firstOf(mode: WaitMode, all: number): number {
  const first = typeof mode === 'object' ? mode.first : Infinity;
  return Math.min(mode === 'any' ? 1 : first, all);
}
