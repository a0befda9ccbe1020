/**
 * The line, verb by verb: accept, dispatch, deliver, settle, notify; and cancel, answer, report beside it.
 */
export { accept, acceptBatch, type Asking, type Task } from './accept.ts';
export { batchOf, changedOf, failureOf, workspaceOf, type Changed } from './answer-of.ts';
export { attemptOf, attemptToken } from './attempt-token.ts';
export { adopt, answer, cancel, report, reprioritise, retry, type Acting } from './change.ts';
export { carryOut } from './dispatch.ts';
export type { Line } from './line.ts';
export { acknowledgeNotices, collect, readInbox, watch, type Reading, type Watching } from './notify.ts';
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
export { openLine, type LineParts } from './open.ts';
export { Recorder } from './record.ts';
export { Runs } from './runs.ts';
