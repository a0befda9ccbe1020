/**
 * A store as something that can be moved: all that is in it, kind by kind, in pages of records in the words of the core.
 *
 * Each SQL engine has one (`engines/<name>/archive.ts`), and the mover (`server/move.ts`) knows no other word for them.
 * A mark in either store says what it is part of: which move, which side, how far. The page and the mark that says so
 * are one commit, so a move that was cut short goes on where it stopped. What is barred by its mark is not served (E21).
 */
import type { Batch, Delegation, LateResult, Request, Result } from '../delegation/index.ts';
import type { Memory } from '../memory/index.ts';
import type { Key, Message, Workspace } from '../workspace/index.ts';
import type { Event } from './event.ts';
import type { FilePart, FileRow } from './files.ts';
import type { Notice } from './notice.ts';
import type { Turn } from './transaction.ts';

/** What is derived when a row is read (what a result weighs, when a seat is due) comes along as it is kept. */
export interface Records {
  secret: { name: string; value: string };
  organisation: { id: string; queued: number; head: string };
  workspace: Workspace & { dueAt: number | null };
  key: Key;
  batch: Batch;
  delegation: Delegation;
  request: { key: number; request: Request };
  result: { key: number; result: Result };
  /** `place` among those of its delegation, from 0. */
  late: LateResult & { place: number };
  turn: Turn & { given: number };
  remembered: { caller: string; key: string; hash: string; delegation: number | null; batch: number | null };
  notice: Notice;
  event: Event;
  message: Message;
  file: FileRow;
  /** Bytes in base64. */
  part: Omit<FilePart, 'bytes'> & { bytes: string };
  memory: Memory;
}

export type Kind = keyof Records;

/** In the order in which they are moved: seats before the rows that are chained to them. */
export const KINDS: readonly Kind[] = [
  ...(['secret', 'organisation', 'workspace', 'key', 'batch', 'delegation', 'request', 'result', 'late'] as const),
  ...(['turn', 'remembered', 'notice', 'event', 'memory', 'message', 'file', 'part'] as const),
];

/** Where a page ends, in the words of the store it was read from. */
export type Cursor = readonly (string | number)[];

export interface Leaf<K extends Kind> {
  /** None after the last one. */
  records: Records[K][];
  cursor: Cursor | null;
}

export type Side = 'from' | 'to';

export interface Mark {
  /** Of the move, the same on both sides. */
  id: string;
  side: Side;
  /** Where the other side is. */
  other: string;
  at: number;
  doneAt: number | null;
  /** Pages that were put, and where the last of them ended. */
  step: number;
  kind: Kind | null;
  cursor: Cursor | null;
}

export interface Archive {
  /** Where it is, as it may be shown. */
  readonly place: string;
  mark(): Promise<Mark | undefined>;
  /** Writes what the store is part of, and bars it or opens it accordingly; null: part of nothing. */
  setMark(mark: Mark | null): Promise<void>;
  count(kind: Kind): Promise<number>;
  read<K extends Kind>(kind: K, after: Cursor | null): Promise<Leaf<K>>;
  /** A page and its mark, both or neither; refused where the store's own mark is not the one before it. */
  put<K extends Kind>(kind: K, records: readonly Records[K][], mark: Mark): Promise<void>;
  close(): Promise<void>;
}

/** From the first mark on neither side is served, and in the end only the one where everything went. */
export function isBarred(mark: Mark | undefined): mark is Mark {
  return mark !== undefined && (mark.side === 'from' || mark.doneAt === null);
}

/** Why a store may not be served, and what to do about it. */
export function whyBarred(mark: Mark, here: string): string {
  const { side, other, doneAt } = mark;
  if (side === 'to') {
    return `Only a part of ${other} has come to ${here} yet. Finish with: errand migrate ${other} ${here}`;
  }
  return doneAt === null
    ? `${here} is being moved to ${other}. Finish with: errand migrate ${here} ${other} ` +
        `(or give the move up with: errand migrate --take-back ${here})`
    : `${here} was moved to ${other} at ${new Date(doneAt).toISOString()}; serve from there. ` +
        `Only if that one is given up, take this one back with: errand migrate --take-back ${here}`;
}
