/**
 * Moves everything from one store to another: page by page, then compared kind by kind, then handed over.
 *
 * Both sides are marked before the first page, and from then on neither is served. The page that is put and how far that
 * is are one commit, so whatever cuts it short, the same command goes on behind the last page. The side it comes from is
 * told that it is over before the other is opened: at no moment can both be served (E21).
 */
import { isBarred, KINDS, type Archive, type Clock, type Cursor } from '../core/ports/index.ts';
import type { Kind, Mark } from '../core/ports/index.ts';
import { digestOf, type Digest } from './digest.ts';
import { planMove, type MoveRefusal } from './move-plan.ts';

export type Counts = Record<Kind, number>;

export interface Progress {
  step: 'moving' | 'comparing';
  kind: Kind;
  /** Records, of all kinds. */
  done: number;
  of: number;
}

export interface Moving {
  from: Archive;
  to: Archive;
  clock: Clock;
  /** Of the move, if it begins now. */
  id: string;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

export interface Difference {
  kind: Kind;
  from: Digest;
  to: Digest;
}

export type Moved =
  | { kind: 'moved'; counts: Counts; resumed: boolean; digests: Record<Kind, string> }
  | { kind: 'over'; at: number }
  | { kind: 'stopped' }
  | { kind: 'differs'; differences: Difference[] }
  | MoveRefusal;

export async function move(moving: Moving): Promise<Moved> {
  const plan = await planFor(moving.from, moving.to);
  if (plan.kind === 'over' || plan.kind === 'refused') {
    return plan;
  }
  const mark = plan.kind === 'go_on' ? plan.mark : await begin(moving);
  const counts = await countsOf(moving.from);
  const reached = await fill(moving, mark, counts);
  if (reached === undefined) {
    return { kind: 'stopped' };
  }
  const compared = await compare(moving, counts);
  if (!Array.isArray(compared)) {
    return compared;
  }
  await handOver(moving, reached);
  const digests = Object.fromEntries(compared.map(({ kind, from }) => [kind, from.sum])) as Record<Kind, string>;
  return { kind: 'moved', counts, resumed: plan.kind === 'go_on', digests };
}

export async function planFor(from: Archive, to: Archive | undefined) {
  const isEmpty = to === undefined || Object.values(await countsOf(to)).every((count) => count === 0);
  const there = { place: to?.place ?? '', mark: await to?.mark(), isEmpty };
  return planMove({ place: from.place, mark: await from.mark() }, there);
}

export async function countsOf(archive: Archive): Promise<Counts> {
  const counts: Partial<Counts> = {};
  for (const kind of KINDS) {
    counts[kind] = await archive.count(kind);
  }
  return counts as Counts;
}

/** Gives a move up on the side it comes from; false where there is none. */
export async function takeBack(archive: Archive): Promise<boolean | MoveRefusal> {
  const mark = await archive.mark();
  if (!isBarred(mark)) {
    return false;
  }
  if (mark.side === 'to') {
    const message = `Only a part of ${mark.other} has come to ${archive.place}; there is nothing to take back.`;
    return { kind: 'refused', code: 'half_moved', message, fix: `Empty ${archive.place}, or finish the move.` };
  }
  await archive.setMark(null);
  return true;
}

/** First where it comes from, so that nothing has come from a store that may still change. */
async function begin({ from, to, id, clock }: Moving): Promise<Mark> {
  const mark = { id, at: clock.now(), doneAt: null, step: 0, kind: null, cursor: null };
  await from.setMark({ ...mark, side: 'from', other: to.place });
  const there: Mark = { ...mark, side: 'to', other: from.place };
  await to.setMark(there);
  return there;
}

/** How many of all records are through; told as it grows. */
interface Tally {
  step: Progress['step'];
  done: number;
  of: number;
}

function said({ onProgress, signal }: Moving, tally: Tally, { kind, more }: { kind: Kind; more: number }): boolean {
  tally.done += more;
  onProgress({ step: tally.step, kind, done: tally.done, of: tally.of });
  return !signal.aborted;
}

/** Everything from the mark on; undefined if it was told to stop. */
async function fill(moving: Moving, mark: Mark, counts: Counts): Promise<Mark | undefined> {
  const first = mark.kind === null ? 0 : KINDS.indexOf(mark.kind);
  const before = sum(KINDS.slice(0, first).map((kind) => counts[kind]));
  const begun = mark.kind === null ? 0 : await moving.to.count(mark.kind);
  const tally: Tally = { step: 'moving', done: before + begun, of: sum(Object.values(counts)) };
  let reached = mark;
  for (const kind of KINDS.slice(first)) {
    const last = await fillKind(moving, { kind, mark: reached, after: kind === mark.kind ? mark.cursor : null, tally });
    if (last === undefined) {
      return undefined;
    }
    reached = last;
  }
  return reached;
}

interface Filling<K extends Kind> {
  kind: K;
  mark: Mark;
  after: Cursor | null;
  tally: Tally;
}

/** The next page is read while this one is put. */
async function fillKind<K extends Kind>(moving: Moving, { kind, mark, after, tally }: Filling<K>) {
  const { from, to, clock } = moving;
  let { step, cursor } = mark;
  let leaf = await from.read(kind, after);
  while (leaf.records.length > 0) {
    await breath(clock);
    if (!said(moving, tally, { kind, more: 0 })) {
      return undefined;
    }
    step += 1;
    ({ cursor } = leaf);
    const put = to.put(kind, leaf.records, { ...mark, step, kind, cursor });
    const [next] = await Promise.all([from.read(kind, cursor), put]);
    said(moving, tally, { kind, more: leaf.records.length });
    leaf = next;
  }
  return { ...mark, step, cursor, kind: step === mark.step ? mark.kind : kind };
}

/** Both sides are read once more, side by side. */
async function compare(moving: Moving, counts: Counts): Promise<Moved | Difference[]> {
  const tally: Tally = { step: 'comparing', done: 0, of: sum(Object.values(counts)) };
  const compared: Difference[] = [];
  for (const kind of KINDS) {
    const difference = await compareKind(moving, kind, tally);
    if (difference === undefined) {
      return { kind: 'stopped' };
    }
    compared.push(difference);
  }
  const differences = compared.filter(
    ({ kind, from, to }) => from.count !== to.count || from.sum !== to.sum || from.count !== counts[kind],
  );
  return differences.length === 0 ? compared : { kind: 'differs', differences };
}

async function compareKind(moving: Moving, kind: Kind, tally: Tally): Promise<Difference | undefined> {
  const { from, to, clock, signal } = moving;
  const [left, right] = await Promise.all([
    digestOf(from, kind, async (more) => {
      await breath(clock);
      return said(moving, tally, { kind, more });
    }),
    digestOf(to, kind, async () => !signal.aborted),
  ]);
  return left === undefined || right === undefined ? undefined : { kind, from: left, to: right };
}

async function handOver({ from, to, clock }: Moving, reached: Mark): Promise<void> {
  const doneAt = clock.now();
  await from.setMark({ ...reached, side: 'from', other: to.place, doneAt });
  await to.setMark({ ...reached, doneAt });
}

/** A turn of the event loop, so that a signal is heard where both sides answer at once. */
async function breath(clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.soon(resolve);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
