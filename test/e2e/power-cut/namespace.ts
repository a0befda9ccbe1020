/**
 * Runs `main.ts` in mount and process namespaces of its own, and says beforehand whether this machine allows it.
 *
 * However a run ends, by itself, by Ctrl-C or by SIGKILL, the kernel then ends every process in it, takes its mounts
 * away and frees its loop device. Images lie in a memory that is mounted there and goes with it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Disk } from './disk.ts';
import { run } from './run.ts';

/** Is on every Linux, is a memory already, and is never removed: nothing is left behind, not even an empty folder. */
const FOLDER = '/dev/shm';
const MEMORY_MB = 1024;
const TRIAL_MS_MAX = 20_000;

/** Why a power cut cannot be tried on this machine, or undefined where it can. */
export function whyNot(): string | undefined {
  if (process.platform !== 'linux') {
    return `the cut is an ioctl of Linux, and this is ${process.platform}`;
  }
  if (process.getuid?.() !== 0) {
    return 'only root may mount a file system';
  }
  const [program, ...parameters] = inside(['--trial']);
  const tried = spawnSync(program, parameters, { encoding: 'utf8', timeout: TRIAL_MS_MAX });
  const said = `${tried.error?.message ?? ''} ${tried.stderr ?? ''}`.trim();
  return tried.status === 0 ? undefined : `a trial of mounting and cutting failed: ${said}`;
}

/** What the run says on stdout; its stderr is ours. Its stdin ends when we do, and it ends with its stdin. */
export async function runInside(options: readonly string[]): Promise<string> {
  const [program, ...parameters] = inside(['--inside', ...options]);
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) {
    throw new Error(`The power cuts ended with ${String(code ?? signal)}. ${said.slice(-2000)}`);
  }
  return said;
}

/** To be called inside, first: the folder of everything that goes with the namespace. */
export function intoMemory(): string {
  run('mount', '-t', 'tmpfs', '-o', `size=${MEMORY_MB}m,mode=1777`, 'none', FOLDER);
  return FOLDER;
}

/** Everything a run asks of the machine, once. */
export function trial(): void {
  const disk = new Disk(join(intoMemory(), 'trial'));
  disk.mount();
  writeFileSync(join(disk.files, 'file'), 'text');
  disk.cut();
  disk.unmount();
  disk.mount();
  disk.unmount();
}

function inside(parameters: readonly string[]): [string, ...string[]] {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')];
  return ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...node, ...parameters];
}
