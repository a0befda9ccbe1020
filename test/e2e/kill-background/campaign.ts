/**
 * One campaign: so many lives of one program on one file, each ended by SIGKILL at a random moment.
 *
 * A life is ended between 5 and 1,500 ms after it has opened the file, or, one in five, somewhere in its start, where it
 * takes up what the life before left. The last one is left alone until everything has ended and everybody was told;
 * then the file is opened by somebody else.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Chance } from '../witness/chance.ts';
import { isWithin, pause } from '../witness/wire.ts';
import { entries } from './ledger.ts';
import { judge, type Verdict } from './oracle.ts';

const PROGRAM = join(import.meta.dirname, 'program.ts');
const DRAIN_MS_MAX = 120_000;
const OPEN_MS_MAX = 30_000;

export interface CampaignOptions {
  rounds: number;
  seed: number;
  onRound?: (round: number, accepted: number) => void;
}

export interface Report extends Verdict {
  killedInStart: number;
  /** Milliseconds from the start of a process until the file is open. */
  starts: number[];
  complaints: string[];
  /** Where the ledger lies, if it is worth a look. */
  kept: string | null;
}

interface Life {
  child: ChildProcess;
  /** It has the file; it has said that it is through. */
  opened: Promise<number>;
  closed: Promise<boolean>;
  gone: Promise<unknown>;
  complaints: string[];
}

export async function campaign({ rounds, seed, onRound }: CampaignOptions): Promise<Report> {
  const chance = new Chance(seed);
  const folder = mkdtempSync(join(tmpdir(), 'errand-kill-background-'));
  const report = { killedInStart: 0, starts: [] as number[], complaints: [] as string[] };
  for (let round = 1; round <= rounds; round += 1) {
    const life = begin(folder, { life: round, seed: chance.between(1, 1_000_000_000), mode: 'work' });
    const usual = report.starts.at(-1) ?? 500;
    if (round > 1 && chance.once(0.2)) {
      await pause(chance.between(usual * 0.5, usual * 1.2));
      report.killedInStart += 1;
    } else {
      report.starts.push(await openedIn(life, report.complaints));
      await pause(chance.between(5, 1500));
    }
    await kill(life);
    report.complaints.push(...life.complaints);
    onRound?.(round, entries(folder).filter(({ what }) => what === 'accepted').length);
  }
  await drain(folder, { life: rounds + 1, chance, complaints: report.complaints });
  const verdict = judge(entries(folder));
  report.complaints.push(...lookAtFile(folder));
  const isClean = verdict.findings.length === 0 && report.complaints.length === 0;
  if (isClean) {
    rmSync(folder, { recursive: true, force: true });
  }
  return { ...verdict, ...report, kept: isClean ? null : folder };
}

function begin(folder: string, { life, seed, mode }: { life: number; seed: number; mode: string }): Life {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROGRAM, folder, String(life), String(seed), mode],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const opened = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<boolean>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'open') {
      opened.resolve(performance.now() - startedAt);
    } else if (line === 'closed') {
      closed.resolve(true);
    }
  });
  const complaints: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(`life ${life}: ${chunk.toString('utf8').slice(0, 2000)}`));
  const gone = once(child, 'exit').then(() => {
    opened.resolve(-1);
    closed.resolve(false);
    return true;
  });
  return { child, opened: opened.promise, closed: closed.promise, gone, complaints };
}

async function openedIn({ opened, gone }: Life, complaints: string[]): Promise<number> {
  if (!(await isWithin(OPEN_MS_MAX, Promise.race([opened, gone])))) {
    complaints.push('a life did not open the file in its time');
    return OPEN_MS_MAX;
  }
  const ms = await opened;
  if (ms < 0) {
    complaints.push('a life ended before it had opened the file');
  }
  return ms;
}

async function kill({ child, gone }: Life): Promise<void> {
  child.kill('SIGKILL');
  await gone;
}

async function drain(
  folder: string,
  { life, chance, complaints }: { life: number; chance: Chance; complaints: string[] },
): Promise<void> {
  const last = begin(folder, { life, seed: chance.between(1, 1_000_000_000), mode: 'drain' });
  if (!(await isWithin(DRAIN_MS_MAX, last.closed))) {
    complaints.push(`the last life was not through in ${DRAIN_MS_MAX} ms`);
    await kill(last);
  } else if (!(await last.closed)) {
    complaints.push('the last life ended before it was through');
  } else if (!(await isWithin(5000, last.gone))) {
    complaints.push('the last life was through and did not end');
    await kill(last);
  }
  complaints.push(...last.complaints);
}

/** Nobody has it locked any more, and it is whole. */
function lookAtFile(folder: string): string[] {
  const path = join(folder, 'errand.db');
  if (!existsSync(path)) {
    return ['there is no file'];
  }
  const db = new DatabaseSync(path);
  try {
    db.exec('BEGIN EXCLUSIVE; COMMIT');
    const { integrity_check: said } = db.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    return said === 'ok' ? [] : [`the file is not whole: ${said}`];
  } catch (error) {
    return [`the file cannot be written: ${String(error)}`];
  } finally {
    db.close();
  }
}
