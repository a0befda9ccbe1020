/**
 * What a program may say when it opens, with everything that it leaves out, checked at once.
 */
import { LIMITS, type Limits } from '../core/delegation/index.ts';
import type { Callees, Full } from './background.ts';
import {
  CAPACITY,
  FROM_1,
  FUNCTION,
  isObject,
  oneOf,
  requireFields,
  TEXTS_BY_NAME,
  wrong,
  type Kind,
  type Kinds,
} from './wrong.ts';

export interface Opening<W extends Callees = Callees> {
  /** Whom tasks are delegated to, by name. */
  workspaces: W;
  /** A file that outlives the process, or ':memory:', which is the default. */
  store?: string;
  /** How many functions run at a time. */
  capacity?: number;
  /** When every slot is taken: wait for one (the default), be refused, or run at once all the same. */
  full?: Full;
  /** How much may wait: so many, so long, so many bytes of tasks. */
  queue?: { most?: number; ageMs?: number; bytes?: number };
  /** How many may run at once although every slot is taken, where that was asked for. */
  inline?: number;
  /** How deep a chain may be, how many children a task may have alive, how many a root. */
  depth?: number;
  fanOut?: number;
  fanOutRoot?: number;
  deadlineMs?: number;
  /** Without a sign of life for so long, in a tool for so long: a warning, and after the grace an end. */
  liveness?: { idleMs?: number; inToolMs?: number; graceMs?: number };
  /** For a task to end after it was told to. */
  cancelGraceMs?: number;
  resultBytes?: number;
  /** Settled and told tasks are kept so long; in memory so many. */
  kept?: { ms?: number; most?: number };
  /** What programs may be given of; nothing of it is taken unless it is named. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** What went wrong that no caller waits for. Written to stderr where nobody listens. */
  onFault?: (error: unknown) => void;
}

export interface Settings {
  store: string | undefined;
  capacity: number;
  inline: number;
  full: Full;
  queueAgeMs: number;
  queueBytes: number;
  graceMs: number;
  keptMost: number;
  limits: Limits;
}

export const FULL = oneOf(['queue', 'reject', 'inline'] satisfies Full[]);
const FIELDS = {
  workspaces: [isObject, 'an object { name: async (task) => … }'],
  store: [(value) => typeof value === 'string' && value !== '', "the name of a file, or ':memory:'"],
  capacity: CAPACITY,
  full: FULL,
  queue: { most: FROM_1, ageMs: FROM_1, bytes: FROM_1 },
  inline: CAPACITY,
  depth: FROM_1,
  fanOut: FROM_1,
  fanOutRoot: FROM_1,
  deadlineMs: FROM_1,
  liveness: { idleMs: FROM_1, inToolMs: FROM_1, graceMs: FROM_1 },
  cancelGraceMs: FROM_1,
  resultBytes: FROM_1,
  kept: { ms: FROM_1, most: FROM_1 },
  environment: TEXTS_BY_NAME,
  onFault: FUNCTION,
} satisfies Record<keyof Opening, Kind | Kinds>;
const HOUR = 3_600_000;
const SLOTS = 10;
const INLINE = 4;
const QUEUE_MOST = 10_000;
const QUEUE_BYTES = 64 * 1024 * 1024;
const CANCEL_GRACE_MS = 30_000;
/** Of the grace: the rest is for the line to hear of it. */
const GRACE_PART = 0.9;
const KEPT_MOST = 1000;

export function settingsOf(opening: Opening): Settings {
  if (!isObject(opening) || opening.workspaces === undefined) {
    throw wrong('open takes one object: { workspaces: { name: async (task) => … } }');
  }
  requireFields('open', opening, FIELDS, '');
  const { store = ':memory:', capacity = SLOTS, inline = INLINE, full = 'queue', queue, kept } = opening;
  const graceMs = whole(opening.cancelGraceMs, CANCEL_GRACE_MS);
  return {
    store: store === ':memory:' ? undefined : store,
    ...{ capacity, inline, full },
    queueAgeMs: whole(queue?.ageMs, HOUR),
    queueBytes: whole(queue?.bytes, QUEUE_BYTES),
    graceMs: graceMs * GRACE_PART,
    keptMost: whole(kept?.most, KEPT_MOST),
    limits: limitsOf(opening, graceMs),
  };
}

function limitsOf(opening: Opening, cancelGraceMs: number): Limits {
  const { queue = {}, liveness = {}, kept = {} } = opening;
  const most = whole(queue.most, QUEUE_MOST);
  const deadlineMs = whole(opening.deadlineMs, LIMITS.deadlineMs);
  return {
    ...LIMITS,
    cancelGraceMs,
    queuePerCalleeMax: most,
    queuePerOrgMax: most,
    depthMax: whole(opening.depth, LIMITS.depthMax),
    fanOutParentMax: whole(opening.fanOut, LIMITS.fanOutParentMax),
    fanOutRootMax: whole(opening.fanOutRoot, LIMITS.fanOutRootMax),
    deadlineMs,
    deadlineMsMax: Math.max(deadlineMs, LIMITS.deadlineMsMax),
    stallMs: whole(liveness.idleMs, LIMITS.stallMs),
    stallInToolMs: whole(liveness.inToolMs, LIMITS.stallInToolMs),
    stallGraceMs: whole(liveness.graceMs, LIMITS.stallGraceMs),
    resultBytesMax: whole(opening.resultBytes, LIMITS.resultBytesMax),
    settledKeptMs: whole(kept.ms, LIMITS.settledKeptMs),
  };
}

/** A moment is a whole number in every store. */
function whole(given: number | undefined, otherwise: number): number {
  return given === undefined ? otherwise : Math.ceil(given);
}
