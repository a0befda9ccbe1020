/**
 * The platform as a user starts it, in a process of its own over a fresh folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Platform {
  url: string;
  /** What it holds in memory, in megabytes. */
  residentMb(): number;
  /** Of the processor, since it was started. */
  usedMs(): number;
  close(): Promise<void>;
}

export async function openPlatform(environment: Record<string, string> = {}): Promise<Platform> {
  const data = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-bench-http-'));
  // As `npm run errand` starts it (see "Memory" in docs/guides/operate.md).
  const program = ['--max-semi-space-size=32', 'src/cli/main.ts', 'up', '--open', '--port', '0', '--data', data];
  const child = spawn(process.execPath, program, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return {
    url: await addressOf(child),
    residentMb: () => residentMb(child.pid ?? 0),
    usedMs: () => usedMs(child.pid ?? 0),
    async close() {
      const ended = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true });
    },
  };
}

export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024;
}

/** In ticks of a hundredth of a second, as Linux counts them; the name in brackets may hold anything. */
export function usedMs(pid: number): number {
  const [, rest = ''] = /^.*\) (.*)$/su.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const [user = 0, system = 0] = rest.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10;
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = /http:\/\/[\d.]+:\d+/u.exec(line)?.[0];
      if (found !== undefined) {
        return found;
      }
    }
  }
  throw new Error('The platform did not say where it serves.');
}
