/**
 * What a program left behind although its group was ended, and what a platform left that died together with its keeper.
 *
 * On Linux every process shows with which environment it began; the mark of its run is in there, also where it went into
 * a session of its own. Elsewhere a group is all that is known of a program, and this finds nothing. A number of a
 * process means something in its own namespace only, so what runs in a container is left to whoever runs in it.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Clock } from '../../core/ports/index.ts';
import { RUN } from './environment.ts';

const PROC = '/proc';
const MARK = new RegExp(`(?:^|\\0)${RUN}=([0-9]+)[.]([0-9]+)([.][0-9]+[.][0-9]+)(?:\\0|$)`, 'u');
/** Looked at in one go: a fiftieth of a millisecond each, a quarter of what it costs beside each other. */
const TOGETHER = 16;
/** What forks while it is looked for is found by the next look. */
const LOOKS_MAX = 10;

/** A process by its number and the moment it was started, so that a number used again is told apart. */
export function runnerOf(pid: number): string {
  return `${pid}.${startOf(pid) ?? 0}`;
}

/** Ends what still lives of these runs. */
export async function endRuns(runs: ReadonlySet<string>, clock: Clock): Promise<void> {
  await endAll(clock, ({ run }) => runs.has(run));
}

/** Ends the programs of platforms that are gone. */
export async function endOrphans(clock: Clock): Promise<void> {
  const here = namespaceOf('self');
  await endAll(
    clock,
    ({ pid, runner, platform }) => runnerOf(platform) !== runner && pid !== process.pid && namespaceOf(pid) === here,
  );
}

async function endAll(clock: Clock, isMeant: (marked: Marked) => boolean): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const ended = (await marked(clock)).filter((found) => isMeant(found) && end(found.pid));
    if (ended.length === 0) {
      return;
    }
  }
}

interface Marked {
  pid: number;
  run: string;
  runner: string;
  platform: number;
}

async function marked(clock: Clock): Promise<Marked[]> {
  const pids = pidsHere();
  const found: Marked[] = [];
  for (let at = 0; at < pids.length; at += TOGETHER) {
    found.push(...pids.slice(at, at + TOGETHER).flatMap((pid) => markOf(pid)));
    await new Promise<void>((resolve) => clock.soon(resolve));
  }
  return found;
}

function pidsHere(): number[] {
  try {
    return readdirSync(PROC)
      .filter((entry) => /^\d+$/u.test(entry))
      .map(Number);
  } catch {
    // Not on this system.
    return [];
  }
}

function markOf(pid: number): Marked[] {
  const [, platform, start, number] = MARK.exec(environmentOf(pid)) ?? [];
  if (platform === undefined || start === undefined || number === undefined) {
    return [];
  }
  const runner = `${platform}.${start}`;
  return [{ pid, runner, run: `${runner}${number}`, platform: Number(platform) }];
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`${PROC}/${pid}/environ`, 'latin1');
  } catch {
    // Those of others cannot be read, and some end while they are looked at.
    return '';
  }
}

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`${PROC}/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** In ticks since the machine began; undefined where there is no such process, where it has ended, or no telling. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`${PROC}/${pid}/stat`, 'latin1');
    // The name of the program stands in brackets and may hold anything, brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
    return false;
  }
}
