/**
 * What every example with a platform stands on: one of its own in a fresh folder, without keys, and a verdict at the end.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { readConfig, startPlatform } from '../src/server/index.ts';
import { judged } from './judged.ts';

export async function onPlatform(title: string, story: (url: string) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'errand-example-'));
  const platform = await startPlatform(readConfig({ open: true, port: 0, data }));
  try {
    await judged(title, async () => story(platform.url));
  } finally {
    await platform.close();
    rmSync(data, { recursive: true });
  }
  if (process.exitCode === 1) {
    // Whoever the story would have stopped still serves.
    process.exit();
  }
}

type Command = ChildProcessByStdio<null, Readable, null>;

/** The command `errand`, as somebody types it in a terminal beside the platform. */
export async function errandAt(url: string, ...words: string[]): Promise<string> {
  const out = await text(start(url, words).stdout);
  console.log(out);
  return out;
}

/** One that stays; it has begun when it says so. */
export async function stayingAt(url: string, ...words: string[]): Promise<Command> {
  const child = start(url, words);
  const [line] = await once(child.stdout, 'data');
  process.stdout.write(line);
  return child;
}

function start(url: string, words: readonly string[]): Command {
  console.log(`$ errand ${words.join(' ')}`);
  const command = [join(import.meta.dirname, '..', 'src', 'cli', 'main.ts'), ...words, '--platform', url];
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
