/**
 * What a program left behind although its group was ended, and what a platform left that died together with its keeper.
 *
 * On Linux every process shows with which environment it began; the mark of its run is in there, also where it went into
 * a session of its own. Elsewhere a group is all that is known of a program, and this finds nothing. A number of a
 * process means something in its own namespace only, so what runs in a container is left to whoever runs in it.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { RUN } from './environment.ts';

const PROC = '/proc';
const MARK = new RegExp(`(?:^|\\0)${RUN}=([0-9]+)[.]([0-9]+)([.][0-9]+[.][0-9]+)(?:\\0|$)`, 'u');
/** Open at once; a machine may have more processes than a process may have files. */
const LOOKING_MAX = 8;
/** What forks while it is looked for is found by the next look. */
const LOOKS_MAX = 10;

/** A process by its number and the moment it was started, so that a number used again is told apart. */
export function runnerOf(pid: number): string {
  return `${pid}.${startOf(pid) ?? 0}`;
}

/** Ends what still lives of these runs. */
export async function endRuns(runs: ReadonlySet<string>): Promise<void> {
  await endAll(async ({ run }) => runs.has(run));
}

/** Ends the programs of platforms that are gone. */
export async function endOrphans(): Promise<void> {
  const here = await namespaceOf('self');
  await endAll(
    async ({ pid, runner, platform }) =>
      runnerOf(platform) !== runner && pid !== process.pid && (await namespaceOf(pid)) === here,
  );
}

async function endAll(isMeant: (marked: Marked) => Promise<boolean>): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    let ended = 0;
    for (const found of await marked()) {
      ended += (await isMeant(found)) && end(found.pid) ? 1 : 0;
    }
    if (ended === 0) {
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

async function marked(): Promise<Marked[]> {
  const entries = await readdir(PROC).catch(() => []);
  const pids = entries.filter((entry) => /^\d+$/u.test(entry)).map(Number);
  const found: Marked[] = [];
  async function look(): Promise<void> {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      found.push(...(await markOf(pid)));
    }
  }
  await Promise.all(Array.from({ length: LOOKING_MAX }, look));
  return found;
}

async function markOf(pid: number): Promise<Marked[]> {
  // Those of others cannot be read, and some end while they are looked at.
  const environment = await readFile(`${PROC}/${pid}/environ`, 'latin1').catch(() => '');
  const [, platform, start, number] = MARK.exec(environment) ?? [];
  if (platform === undefined || start === undefined || number === undefined) {
    return [];
  }
  const runner = `${platform}.${start}`;
  return [{ pid, runner, run: `${runner}${number}`, platform: Number(platform) }];
}

async function namespaceOf(pid: number | 'self'): Promise<string | undefined> {
  return readlink(`${PROC}/${pid}/ns/pid`).catch(() => undefined);
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
