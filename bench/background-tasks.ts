/**
 * Tasks that wait in a process of their own, in memory and in a file: what a hundred thousand in the queue hold, and what
 * ten thousand with a time to start at cost while nothing happens.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { ended, said } from './crew.ts';
import type { Figure } from './figure.ts';
import type { Plan } from './plan.ts';
import { residentMb, usedMs } from './platform.ts';

const SETTLE_MS = 3000;

interface Look {
  residentMb: number;
  /** Of the processor, while nothing happened. */
  share: number;
}

export async function benchWaitingTasks(plan: Plan): Promise<Figure[]> {
  const [queued, timed] = plan.quick ? [10_000, 1000] : [100_000, 10_000];
  const idleMs = plan.quick ? 3000 : 30_000;
  const figures: Figure[] = [];
  for (const kept of ['memory', 'sqlite'] as const) {
    const label = `background, ${kept}`;
    plan.tell(`… ${label}, ${queued} queued, and ${timed} that start later`);
    const none = await look([kept, 'queued', '0'], 0);
    const held = await look([kept, 'queued', String(queued)], 0);
    const awaited = await look([kept, 'awaited', String(queued)], 0);
    const later = await look([kept, 'later', String(timed)], idleMs);
    figures.push(
      { name: `${label}, nothing queued, resident`, unit: 'MB', rounds: [none.residentMb] },
      { name: `${label}, ${queued} queued, resident`, unit: 'MB', rounds: [held.residentMb], target: { most: 300 } },
      { name: `${label}, ${queued} queued and waited for, resident`, unit: 'MB', rounds: [awaited.residentMb] },
      { name: `${label}, ${timed} that start later, processor while idle`, unit: '%', rounds: [later.share] },
    );
  }
  return figures;
}

async function look(wish: readonly string[], idleMs: number): Promise<Look> {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-background-'));
  // With no flag that a program of a user would not have.
  const program = ['--disable-warning=ExperimentalWarning', 'bench/background-process.ts', ...wish, folder];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = child.pid ?? 0;
  try {
    await said(child, 'They wait.');
    await pause(SETTLE_MS);
    const before = usedMs(pid);
    await pause(idleMs);
    return { residentMb: residentMb(pid), share: idleMs === 0 ? 0 : ((usedMs(pid) - before) / idleMs) * 100 };
  } finally {
    await ended(child);
    rmSync(folder, { recursive: true });
  }
}
