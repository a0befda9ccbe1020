/**
 * Waiting for several: all of them, any, or the first few. What ended is taken, what goes on is told of when it ends.
 */
import type { Handle, Waited, WaitMode, Waiting } from './background.ts';
import { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import { waitFor } from './wait.ts';

export interface WaitingFor {
  mode: WaitMode;
  handles: readonly Handle[];
  waiting: Waiting;
  onQuestion?: (handle: TaskHandle) => void;
}

export async function waitMode(house: House, { mode, handles, waiting, onQuestion }: WaitingFor): Promise<Waited> {
  const mine = handles.map((handle) =>
    handle instanceof TaskHandle ? handle : new TaskHandle(house, { ...handle.toJSON(), key: undefined }),
  );
  const run = house.running.current;
  const pass = onQuestion ?? (run === undefined ? undefined : (asking: TaskHandle) => run.passOn(asking));
  const waited = waitFor(house, {
    handles: mine,
    first: firstOf(mode, handles.length),
    waiting,
    ...(pass === undefined ? {} : { onQuestion: pass }),
  });
  const found = onQuestion === undefined && run !== undefined ? await run.rest(waited) : await waited;
  return {
    endings: found.filter((ending) => ending !== undefined),
    open: handles.filter((_handle, index) => found[index] === undefined),
  };
}

function firstOf(mode: WaitMode, all: number): number {
  if (mode === 'all') {
    return all;
  }
  const first = mode === 'any' ? 1 : mode.first;
  if (!Number.isInteger(first) || first < 1) {
    throw new RangeError('wait: first takes a whole number from 1 on');
  }
  return Math.min(first, all);
}
