/**
 * What the core asks of the world: storage, carriers, time, identity. Interfaces only, and the forms of ids.
 */
export {
  isBarred,
  KINDS,
  whyBarred,
  type Archive,
  type Cursor,
  type Kind,
  type Leaf,
  type Mark,
  type Records,
  type Side,
} from './archive.ts';
export type { Assignment, Carrier, Delivering, Outcome, Output, Reports, StopReason } from './carrier.ts';
export type { Clock, Timer } from './clock.ts';
export type {
  Ahead,
  Answer,
  Command,
  Commit,
  Counts,
  DelegationFilter,
  Elsewhere,
  Engine,
  EventFilter,
  Handover,
  MessageFilter,
  MemoryFilter,
  Page,
  Reads,
  Stop,
} from './engine.ts';
export { chainText, EVENT_TYPES, type Event, type EventType, type Happening } from './event.ts';
export {
  FILE_WEIGHT_LEAST,
  PART_BYTES_MAX,
  weightOf,
  type FilePart,
  type FileRow,
  type Files,
  type Forgetting,
  type Forgotten,
} from './files.ts';
export { formId, ID_LETTERS, keyOf, RANDOM_LENGTH, type IdKind, type Ids } from './ids.ts';
export type { Notice, NoticeKind } from './notice.ts';
export type { Transaction, Turn } from './transaction.ts';
