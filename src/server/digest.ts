/**
 * A hash over all records of one kind, read in pages: the same for two stores that hold the same, in whatever order
 * either of them keeps it.
 *
 * Each record is hashed by itself and the hashes are added up. Two stores need not agree on an order (a text with a zero
 * character is kept in another form in one of them), a record that is there twice shows, and memory stays that of a page.
 */
import { hash } from 'node:crypto';
import type { Archive, Cursor, Kind, Leaf } from '../core/ports/index.ts';

export interface Digest {
  count: number;
  sum: string;
}

const LANES = 4;

/** Undefined if `said` was told to stop. */
export async function digestOf(
  archive: Archive,
  kind: Kind,
  said: (more: number) => Promise<boolean>,
): Promise<Digest | undefined> {
  const sums = new BigUint64Array(LANES);
  const orders = new Map<string, string[]>();
  let count = 0;
  let after: Cursor | null = null;
  for (;;) {
    const leaf: Leaf<Kind> = await archive.read(kind, after);
    if (leaf.records.length === 0) {
      return { count, sum: Buffer.from(sums.buffer).toString('base64url') };
    }
    for (const record of leaf.records) {
      add(sums, textOf(record, orders));
    }
    count += leaf.records.length;
    after = leaf.cursor;
    if (!(await said(leaf.records.length))) {
      return undefined;
    }
  }
}

/** The order in which a record names its fields says nothing; that of what is inside them does. */
function textOf(record: object, orders: Map<string, string[]>): string {
  const names = Object.keys(record);
  const shape = names.join(' ');
  let order = orders.get(shape);
  if (order === undefined) {
    order = names.toSorted();
    orders.set(shape, order);
  }
  return JSON.stringify([order.length, ...order.map((name) => record[name as keyof typeof record])]);
}

function add(sums: BigUint64Array, text: string): void {
  const digest = hash('sha256', text, 'buffer');
  for (let lane = 0; lane < LANES; lane += 1) {
    sums[lane] = (sums[lane] ?? 0n) + digest.readBigUInt64LE(lane * 8);
  }
}
