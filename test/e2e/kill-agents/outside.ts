/**
 * What is looked at from outside when everything is over: slots at the seats, and processes on the machine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { bodyOf, pause, type Wire } from '../witness/wire.ts';

const GONE_MS_MAX = 15_000;

/** Seats that hold a slot or a place in a queue although nothing is left to do. */
export async function takenSlots(wire: Wire, ids: readonly string[]): Promise<string[]> {
  const taken: string[] = [];
  for (const id of ids) {
    const seat = bodyOf(await wire.insist({ method: 'GET', path: `/workspaces/${id}` }));
    if (seat['running'] !== 0 || seat['queued'] !== 0) {
      taken.push(`${id}: running ${String(seat['running'])}, queued ${String(seat['queued'])}`);
    }
  }
  return taken;
}

/** Programs of this campaign's platforms that are still there after a while. */
export async function leftRunning(platform: string): Promise<number[]> {
  const until = performance.now() + GONE_MS_MAX;
  let left = startedBy(platform);
  while (left.length > 0 && performance.now() < until) {
    await pause(100);
    left = startedBy(platform);
  }
  return left;
}

/** They carry the address of their platform in their environment. */
function startedBy(platform: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/u.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`ERRAND_URL=${platform}`);
      } catch {
        // It ended while it was looked at, or is another's.
        return false;
      }
    })
    .map(Number);
}
