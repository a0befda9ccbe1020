/**
 * The line, verb by verb: accept, dispatch, deliver, settle, notify; and cancel, answer, report beside it.
 */
export { accept, acceptBatch, commandOf, idempotencyOf, type Asking, type Task } from './accept.ts';
export { failureOf, workspaceOf } from './answer-of.ts';
export {
  brief,
  changed,
  INLINE_BYTES_MAX,
  partsOf,
  PREVIEW_CHARACTERS,
  priorityName,
  receipt,
  row,
  standing,
  time,
} from './delegation-shape.ts';
export { batchBrief, glance } from './inbox-shape.ts';
export { isSought, limitsOf, peerShape, roleOf, statusOf, usualOf } from './seat-shape.ts';
export { attemptOf } from './attempt-token.ts';
export { adopt, answer, cancel, report, reprioritise, retry } from './change.ts';
export type { Ended, Line } from './line.ts';
export { commitMemory, forgetMemory, recallMemories, type Place } from './memory.ts';
export { acknowledgeNotices, collect, collectEnding, readInbox, renewNotices, watch } from './notify.ts';
export {
  acknowledge,
  ask,
  complete,
  confirmCancel,
  fail,
  fetchAssignments,
  progress,
  renew,
  type Fetched,
  type Working,
} from './pull.ts';
export { post, say } from './message.ts';
export { openLine } from './open.ts';
export { Recorder } from './record.ts';
export { partialOf } from './settle.ts';
export { toldOf, toldOfBatch } from './told.ts';
export { turnOf, type Told, type Writing } from './turn.ts';
