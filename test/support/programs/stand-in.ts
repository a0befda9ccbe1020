/**
 * What the stand-ins for command-line agents have in common: where a task comes from, what it asks of them, and how
 * their lines come out, one after the other, as those of the real ones do.
 *
 * A task that has the word "fail" in it fails, one with "tool" uses a tool first, one with "cut" stops in the middle
 * of its lines (with exit code 0, as none of the real ones should); every other one is answered with itself.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { text } from 'node:stream/consumers';

const BETWEEN_LINES_MS = 10;

export type Asked = 'fail' | 'tool' | 'cut' | 'echo';

export function askedOf(task: string): Asked {
  return (
    (['fail', 'tool', 'cut'] as const).find((word) => new RegExp(String.raw`\b${word}\b`, 'u').test(task)) ?? 'echo'
  );
}

/** Everything, until it is closed; nothing where somebody sits at it. */
export async function fromStdin(): Promise<string> {
  return process.stdin.isTTY ? '' : await text(process.stdin);
}

export interface Words {
  /** Words that are neither an option nor its value. */
  loose: string[];
  has: (...names: string[]) => boolean;
  valueOf: (name: string) => string | undefined;
}

/** The command line, where these options take a value. */
export function wordsOf(argv: readonly string[], takingValues: readonly string[]): Words {
  const loose: string[] = [];
  const options = new Map<string, string>();
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') {
      loose.push(...argv.slice(at + 1));
      break;
    }
    const [name = '', value] = word.split(/[=](.*)/su);
    if (!word.startsWith('-') || word === '-') {
      loose.push(word);
    } else if (value === undefined && takingValues.includes(word)) {
      at += 1;
      options.set(word, argv[at] ?? '');
    } else {
      options.set(name, value ?? '');
    }
  }
  return {
    loose,
    has: (...names) => names.some((name) => options.has(name)),
    valueOf: (name) => options.get(name),
  };
}

/** Half of them, where it is to stop in the middle. */
export async function print(asked: Asked, lines: readonly object[]): Promise<void> {
  for (const line of asked === 'cut' ? lines.slice(0, Math.ceil(lines.length / 2)) : lines) {
    console.log(JSON.stringify(line));
    await pause(BETWEEN_LINES_MS);
  }
}

export function refuse(why: string, code: number): void {
  console.error(why);
  process.exitCode = code;
}
