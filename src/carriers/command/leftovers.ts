/**
 * What a program left behind although its group was ended, and what a platform left that died together with its keeper.
 *
 * On Linux every process shows with which environment it began; the mark of its run is in there, also where it went into
 * a session of its own. Elsewhere a group is all that is known of a program, and this finds nothing.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { RUN } from './environment.ts';

const PROC = '/proc';
const MARK = new RegExp(`(?:^|\\0)${RUN}=([0-9]+)[.]([0-9]+)[.]([0-9]+)(?:\\0|$)`, 'u');

/** The mark of this process: its number and the moment it was started, so that a number used again is told apart. */
export function runnerOf(pid: number): string {
  return `${pid}.${startOf(pid) ?? 0}`;
}

/** Ends what still lives of these runs. */
export async function endRuns(runs: ReadonlySet<string>): Promise<void> {
  for (const { pid, run } of await marked()) {
    if (runs.has(run)) {
      end(pid);
    }
  }
}

/** Ends the programs of platforms that are gone. */
export async function endOrphans(): Promise<void> {
  for (const { pid, runner, platform } of await marked()) {
    if (runnerOf(platform) !== runner) {
      end(pid);
    }
  }
}

interface Marked {
  pid: number;
  run: string;
  runner: string;
  platform: number;
}

async function marked(): Promise<Marked[]> {
  const entries = await readdir(PROC).catch(() => []);
  const found = await Promise.all(
    entries.filter((entry) => /^\d+$/u.test(entry)).map(async (entry) => markOf(Number(entry))),
  );
  return found.filter((one) => one !== undefined);
}

async function markOf(pid: number): Promise<Marked | undefined> {
  // Those of others cannot be read, and some end while they are looked at.
  const environment = await readFile(`${PROC}/${pid}/environ`, 'latin1').catch(() => '');
  const [, platform, start, number] = MARK.exec(environment) ?? [];
  if (platform === undefined || start === undefined || number === undefined) {
    return undefined;
  }
  const runner = `${platform}.${start}`;
  return { pid, runner, run: `${runner}.${number}`, platform: Number(platform) };
}

/** In ticks since the machine began; undefined where there is no such process, or no telling. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`${PROC}/${pid}/stat`, 'latin1');
    // The name of the program stands in brackets and may hold anything, brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
