/**
 * Agents of the real runtime in a process of their own, beside the platform that they serve at.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { residentMb, usedMs, type Platform } from './platform.ts';

export interface CrewWish {
  way: 'pull' | 'a2a';
  count: number;
  capacity: number;
}

export interface Crew {
  /** Their seats are called so, with a number. */
  name: (index: number) => string;
  residentMb: () => number;
  usedMs: () => number;
  close: () => Promise<void>;
}

export async function openCrew({ url }: Platform, { way, count, capacity }: CrewWish): Promise<Crew> {
  const prefix = `${way}-${count}`;
  const child = start(['bench/crew-process.ts', way, prefix, String(count), String(capacity), url]);
  await said(child, 'serve');
  return {
    name: (index) => `${prefix}-${index % count}`,
    residentMb: () => residentMb(child.pid ?? 0),
    usedMs: () => usedMs(child.pid ?? 0),
    close: async () => ended(child),
  };
}

export function start(program: readonly string[]): ChildProcess {
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=32'];
  return spawn(process.execPath, [...flags, ...program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

export async function said(child: ChildProcess, what: string): Promise<void> {
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes(what)) {
        return;
      }
    }
  }
  throw new Error(`A process of the bench ended before it said: ${what}.`);
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await gone;
}
