/**
 * What the hooks of one session leave for each other: each runs in a process of its own, and knows nothing of the
 * others.
 *
 * Two small files, so that no two hooks write the same one: `hand` belongs to the one that hands over when the agent
 * stops, `prompt` to the one that sees what is asked of it. Either may be lost: then a notice is told again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What was handed over, and not yet acknowledged. */
export interface Hand {
  url: string;
  workspace: string;
  /** The process of the agent; when it is gone, so is the turn. */
  agent: number;
  /** The hook that waits; a newer one takes its place. */
  waiter: number;
  ids: string[];
  /** How often the agent has stopped since, without a sign that it has read them. */
  stops: number;
  /** The turn has ended, and the platform is still to hear of it. */
  isEnded: boolean;
  /** In one go, without anybody asking for something in between. */
  streak: number;
}

/** That the agent was asked for something since it stopped, and which notices stood in it. */
export interface Prompt {
  /** What Claude Code calls it; the stop that ends its turn has the same. */
  id: string;
  seen: string[];
}

export class SessionFile {
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  readHand(): Hand | undefined {
    return read<Hand>(this.#path('hand'), isHand);
  }

  writeHand(hand: Hand): void {
    this.#write('hand', hand);
  }

  readPrompt(): Prompt | undefined {
    return read<Prompt>(this.#path('prompt'), ({ id, seen }) => typeof id === 'string' && isTexts(seen));
  }

  writePrompt(prompt: Prompt): void {
    this.#write('prompt', prompt);
  }

  forgetPrompt(): void {
    rmSync(this.#path('prompt'), { force: true });
  }

  forget(): void {
    this.forgetPrompt();
    rmSync(this.#path('hand'), { force: true });
  }

  /** Calls when any of the files may have changed. */
  watch(call: () => void): () => void {
    const watcher = watch(this.#folder, { persistent: false }, (_event, name) => {
      if (name === null || name.startsWith(this.#name)) {
        call();
      }
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  }

  #path(kind: 'hand' | 'prompt'): string {
    return join(this.#folder, `${this.#name}.${kind}.json`);
  }

  /** Whole or not at all, and for nobody else to read. */
  #write(kind: 'hand' | 'prompt', what: object): void {
    const path = this.#path(kind);
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(what), { mode: 0o600 });
    renameSync(draft, path);
  }
}

export interface SessionName {
  url: string;
  workspace: string;
  session: string;
}

/** The session of an agent may speak for several workspaces; each has a file of its own. */
export function sessionFile({ url, workspace, session }: SessionName, environment: NodeJS.ProcessEnv): SessionFile {
  const folder = folderIn(environment);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = createHash('sha256')
    .update(JSON.stringify([url, workspace, session]))
    .digest('hex')
    .slice(0, 32);
  return new SessionFile(folder, name);
}

/** What sessions left whose agent is gone without a word. */
export function abandoned(
  { url, workspace }: Omit<SessionName, 'session'>,
  environment: NodeJS.ProcessEnv,
): { hand: Hand; file: SessionFile }[] {
  const folder = folderIn(environment);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.hand.json'))
    .flatMap((name) => {
      const file = new SessionFile(folder, name.slice(0, -'.hand.json'.length));
      const hand = file.readHand();
      const isOurs = hand?.url === url && hand.workspace === workspace;
      return hand !== undefined && isOurs && !isAlive(hand.agent) ? [{ hand, file }] : [];
    });
}

/** A process that is not known by number is taken to be there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function folderIn(environment: NodeJS.ProcessEnv): string {
  const state = environment['XDG_STATE_HOME'] ?? '';
  return join(state.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'errand', 'wake');
}

function read<T>(path: string, isWhole: (found: Record<string, unknown>) => boolean): T | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof found === 'object' && found !== null && isWhole({ ...found }) ? (found as T) : undefined;
  } catch {
    // Not there, or not whole: as if nothing had been left.
    return undefined;
  }
}

function isHand({ url, workspace, agent, waiter, ids, stops, isEnded, streak }: Record<string, unknown>): boolean {
  const numbers = [agent, waiter, stops, streak];
  return (
    typeof url === 'string' &&
    typeof workspace === 'string' &&
    typeof isEnded === 'boolean' &&
    isTexts(ids) &&
    numbers.every((number) => Number.isInteger(number))
  );
}

function isTexts(found: unknown): found is string[] {
  return Array.isArray(found) && found.every((one) => typeof one === 'string');
}
