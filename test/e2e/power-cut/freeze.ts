/**
 * Stops a server by pid, itself and then everything it started, and ends what it stopped.
 *
 * Stopped means that the kernel says so of each: one that is still in an fsync would have its answer decided by a race.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** All that stand still now, the first one first. */
export async function freeze(first: number): Promise<number[]> {
  await stop([first]);
  const others = childrenOf(first);
  await stop(others);
  return [first, ...others];
}

export async function kill(pids: readonly number[]): Promise<void> {
  send(pids, 'SIGKILL');
  await until(pids, (state) => state === undefined || state === 'Z');
}

async function stop(pids: readonly number[]): Promise<void> {
  send(pids, 'SIGSTOP');
  await until(pids, (state) => state === undefined || state === 'Z' || state === 'T');
}

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    if (stateOf(pid) !== undefined) {
      process.kill(pid, signal);
    }
  }
}

async function until(pids: readonly number[], isSo: (state: string | undefined) => boolean): Promise<void> {
  while (!pids.every((pid) => isSo(stateOf(pid)?.state))) {
    await pause(1);
  }
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return all.map(Number).filter((each) => stateOf(each)?.parent === pid);
}

/** Of a process that is not there: nothing. The name stands in parentheses and may hold anything. */
function stateOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const [state = '', parent = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
