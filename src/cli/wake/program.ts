/**
 * A program that is started for each turn: the turn on its stdin, and in the place of `{turn}` in an argument.
 *
 * It is the leader of a process group of its own, so that all of it ends when it is to end. Only a shell that was
 * asked for sees the command, and never the turn.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../../server/clock.ts';
import { pause } from '../../runtime/pause.ts';
import { span } from '../words.ts';
import type { Outcome } from './keep-waking.ts';
import type { Turn } from './turn.ts';

export interface Program {
  /** The program and its arguments; or one line for the shell. */
  command: readonly string[];
  inShell: boolean;
  folder: string | undefined;
  timeoutMs: number | undefined;
  workspace: string;
  /** Its stdout goes to our stderr, because ours is for JSON. */
  isAside: boolean;
  stop: AbortSignal;
}

export const PLACEHOLDER = '{turn}';
const GRACE_MS = 5000;
/** Of one argument, on Linux, with its end; elsewhere all of them together have more. */
const ARGUMENT_BYTES_MAX = 131_071;

export async function runProgram(program: Program, turn: Turn): Promise<Outcome> {
  const { stop, timeoutMs } = program;
  const longest = program.command.find((word) => word.includes(PLACEHOLDER));
  if (longest !== undefined && Buffer.byteLength(filled(longest, turn)) > ARGUMENT_BYTES_MAX) {
    return { kind: 'failed', why: 'it is too long for an argument; leave out {turn} and read it from stdin' };
  }
  const child = start(program, turn);
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    return { kind: 'gone', why: `the program could not be started: ${error.message}` };
  }
  let cutBy: 'time' | 'stop' | undefined;
  const ending = ended(child);
  const timer = timeoutMs === undefined ? undefined : systemClock.after(timeoutMs, () => cut('time'));
  const onStop = (): void => cut('stop');
  function cut(by: 'time' | 'stop'): void {
    cutBy ??= by;
    void endGroup(child, ending);
  }
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) {
    cut('stop');
  }
  const how = await ending;
  timer?.cancel();
  stop.removeEventListener('abort', onStop);
  // Whatever it says then: one that is told to end may end well without having done what it was woken for.
  if (cutBy === 'stop') {
    return { kind: 'cut' };
  }
  if (cutBy === 'time') {
    return { kind: 'failed', why: `it was ended after ${span(timeoutMs ?? 0)}` };
  }
  return how === 0
    ? { kind: 'ended' }
    : { kind: 'failed', why: typeof how === 'number' ? `it ended with ${how}` : how };
}

function start(program: Program, turn: Turn): ChildProcess {
  const [file = '', ...given] = program.command;
  const child = spawn(file, program.inShell ? [] : given.map((word) => filled(word, turn)), {
    cwd: program.folder,
    env: { ...process.env, ERRAND_WORKSPACE: program.workspace, ERRAND_NOTICES: turn.ids.join(',') },
    shell: program.inShell,
    stdio: ['pipe', program.isAside ? 2 : 'inherit', 'inherit'],
    detached: true,
  });
  // One that does not read it ends its pipe early; how it ends says what became of the turn.
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.stdin?.end(`${turn.text}\n`);
  return child;
}

function filled(word: string, { text }: Turn): string {
  return word.replaceAll(PLACEHOLDER, () => text);
}

/** Its exit code, or in words why it has none. */
async function ended(child: ChildProcess): Promise<number | string> {
  function endNow(): void {
    signalGroup(child, 'SIGKILL');
  }
  process.once('exit', endNow);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  process.off('exit', endNow);
  return code ?? `it was ended by ${String(signal)}`;
}

async function endGroup(child: ChildProcess, ending: Promise<unknown>): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const over = new AbortController();
  void ending.finally(() => over.abort());
  await pause(systemClock, GRACE_MS, over.signal);
  // What it left behind in its group ends with it.
  signalGroup(child, 'SIGKILL');
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
    // All of it has ended.
  }
}
