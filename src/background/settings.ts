/**
 * What a program may say when it opens, with everything that it leaves out, checked at once.
 */
import { LIMITS, type Limits } from '../core/delegation/index.ts';
import type { Callees, Full } from './background.ts';
import { requireCapacity } from './callees.ts';
import { wrong } from './wrong.ts';

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

const FULL: ReadonlySet<string> = new Set<Full>(['queue', 'reject', 'inline']);
const FIELDS: ReadonlySet<string> = new Set([
  ...['workspaces', 'store', 'capacity', 'full', 'queue', 'inline', 'depth', 'fanOut', 'fanOutRoot', 'deadlineMs'],
  ...['liveness', 'cancelGraceMs', 'resultBytes', 'kept', 'environment', 'onFault'],
]);
const HOUR = 3_600_000;
const CAPACITY = 10;
const INLINE = 4;
const QUEUE_MOST = 10_000;
const QUEUE_BYTES = 64 * 1024 * 1024;
const CANCEL_GRACE_MS = 30_000;
/** Of the grace: the rest is for the line to hear of it. */
const GRACE_PART = 0.9;
const KEPT_MOST = 1000;

export function settingsOf(opening: Opening): Settings {
  if (typeof opening !== 'object' || opening === null || typeof opening.workspaces !== 'object') {
    throw wrong('open takes one object: { workspaces: { name: async (task) => … } }');
  }
  const unknown = Object.keys(opening).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) {
    throw wrong(`there is no field ${unknown}; it takes ${[...FIELDS].join(', ')}`);
  }
  const { store = ':memory:', capacity = CAPACITY, inline = INLINE, full = 'queue', queue = {}, kept = {} } = opening;
  requireCapacity(capacity);
  requireCapacity(inline);
  if (!FULL.has(full)) {
    throw wrong(`full: one of ${[...FULL].join(', ')}`);
  }
  const graceMs = positive('cancelGraceMs', opening.cancelGraceMs, CANCEL_GRACE_MS);
  return {
    store: store === ':memory:' ? undefined : store,
    ...{ capacity, inline, full },
    queueAgeMs: positive('queue.ageMs', queue.ageMs, HOUR),
    queueBytes: positive('queue.bytes', queue.bytes, QUEUE_BYTES),
    graceMs: graceMs * GRACE_PART,
    keptMost: positive('kept.most', kept.most, KEPT_MOST),
    limits: limitsOf(opening, graceMs),
  };
}

function limitsOf(opening: Opening, cancelGraceMs: number): Limits {
  const { queue = {}, liveness = {}, kept = {} } = opening;
  const most = positive('queue.most', queue.most, QUEUE_MOST);
  const deadlineMs = positive('deadlineMs', opening.deadlineMs, LIMITS.deadlineMs);
  return {
    ...LIMITS,
    cancelGraceMs,
    queuePerCalleeMax: most,
    queuePerOrgMax: most,
    depthMax: positive('depth', opening.depth, LIMITS.depthMax),
    fanOutParentMax: positive('fanOut', opening.fanOut, LIMITS.fanOutParentMax),
    fanOutRootMax: positive('fanOutRoot', opening.fanOutRoot, LIMITS.fanOutRootMax),
    deadlineMs,
    deadlineMsMax: Math.max(deadlineMs, LIMITS.deadlineMsMax),
    stallMs: positive('liveness.idleMs', liveness.idleMs, LIMITS.stallMs),
    stallInToolMs: positive('liveness.inToolMs', liveness.inToolMs, LIMITS.stallInToolMs),
    stallGraceMs: positive('liveness.graceMs', liveness.graceMs, LIMITS.stallGraceMs),
    resultBytesMax: positive('resultBytes', opening.resultBytes, LIMITS.resultBytesMax),
    settledKeptMs: positive('kept.ms', kept.ms, LIMITS.settledKeptMs),
  };
}

function positive(name: string, given: number | undefined, otherwise: number): number {
  if (given === undefined) {
    return otherwise;
  }
  if (typeof given !== 'number' || !Number.isFinite(given) || given < 1) {
    throw wrong(`${name}: a number from 1 on`);
  }
  // A moment is a whole number in every store.
  return Math.ceil(given);
}
