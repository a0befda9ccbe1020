/**
 * What the machine shows of programs and of what they started: seen from outside, by the mark in their environment.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from '../../../protocol/support.ts';

/** Processes that carry this in their environment; by itself, all that the programs of this process started. */
export function marked(mark = `ERRAND_RUN=${process.pid}.`): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/u.test(entry))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(mark));
}

export async function nobodyLeft(mark?: string): Promise<void> {
  await until('nobody is left', () => marked(mark).length === 0);
}

/** Shells that watch over programs, of this process or of another. */
export function keepers(platform = process.pid): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/u.test(entry))
    .map(Number)
    .filter((pid) => lineOf(pid).includes(`errand-keeper\0${platform}.`));
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+[ZX]/mu.test(read(`/proc/${pid}/status`));
}

export function filesOpen(): number {
  return readdirSync('/proc/self/fd').length;
}

export function residentMb(): number {
  return process.memoryUsage.rss() / 1e6;
}

function environmentOf(pid: number): string {
  return read(`/proc/${pid}/environ`);
}

function lineOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`);
}

/** Some end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
