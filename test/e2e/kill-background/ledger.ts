/**
 * What the program of the campaign did and what it was told, in a file of its own that it only appends to: the witness
 * outside of the product. What a process has written there stays there when it is killed.
 */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type What =
  | 'opened'
  /** It is about to delegate; and what came of that. */
  | 'asking'
  | 'accepted'
  | 'refused'
  /** A function has begun, and is about to return. */
  | 'began'
  | 'returned'
  /** Somebody waits; did not wait any longer; has the ending. */
  | 'waiting'
  | 'left'
  | 'waited'
  /** A turn was handed over; is about to be acknowledged; is. */
  | 'told'
  | 'acknowledging'
  | 'acknowledged'
  /** How it stands in the last life. */
  | 'settled';

export interface Entry {
  life: number;
  what: What;
  /** Of what was asked for; its id is known later. */
  key?: string;
  id?: string;
  /** Of a batch and of a turn. */
  ids?: readonly string[];
  callee?: string;
  task?: string;
  status?: string;
  reason?: string;
  text?: string;
  /** From which checkpoint; how often it was settled. */
  count?: number;
}

export class Ledger {
  readonly #life: number;
  readonly #file: number;

  constructor(folder: string, life: number) {
    this.#life = life;
    this.#file = openSync(join(folder, 'ledger.jsonl'), 'a');
  }

  write(what: What, entry: Omit<Entry, 'life' | 'what'> = {}): void {
    writeSync(this.#file, `${JSON.stringify({ life: this.#life, what, ...entry })}\n`);
  }
}

/** In the order in which it was written; a line that a kill cut short was never said. */
export function entries(folder: string): Entry[] {
  const path = join(folder, 'ledger.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.flatMap((line): Entry[] => (line.endsWith('}') ? [JSON.parse(line) as Entry] : []));
}
