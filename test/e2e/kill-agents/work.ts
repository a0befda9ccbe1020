/**
 * What the agents of the campaign do, and the ledger of what they did: a file that they only append to, before anything
 * they say leaves them.
 *
 * The clock behind `at` is the same for all processes of a machine and never goes back.
 */
import { hash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Entry {
  peer: string;
  id: string;
  at: string;
  sha256: string | null;
}

export function write(folder: string, { peer, id, answer }: { peer: string; id: string; answer: string | null }): void {
  const sha256 = answer === null ? null : hash('sha256', answer);
  const entry: Entry = { peer, id, at: String(process.hrtime.bigint()), sha256 };
  appendFileSync(join(folder, 'ran.jsonl'), `${JSON.stringify(entry)}\n`);
}

/** In the order in which it happened; a line that a kill cut short was never said. */
export function entries(folder: string): Entry[] {
  const path = join(folder, 'ran.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines
    .flatMap((line): Entry[] => (line.endsWith('}') ? [JSON.parse(line) as Entry] : []))
    .toSorted((one, other) => Number(BigInt(one.at) - BigInt(other.at)));
}
