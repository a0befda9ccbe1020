/**
 * Every bound of a delegation, in one place. All can be changed by the operator; none is without limit.
 *
 * The numbers are promises: refusals name the bound they hit, and the API shows them as they stand.
 */
export interface Limits {
  taskBytesMax: number;
  contextBytesMax: number;
  resultBytesMax: number;
  metadataBytesMax: number;
  batchMax: number;
  depthMax: number;
  fanOutParentMax: number;
  fanOutRootMax: number;
  queuePerCalleeMax: number;
  queuePerOrgMax: number;
  attemptsMax: number;
  backoffFirstMs: number;
  backoffMostMs: number;
  leaseMs: number;
  deadlineMs: number;
  deadlineMsMax: number;
  stallMs: number;
  stallInToolMs: number;
  stallGraceMs: number;
  cancelGraceMs: number;
  attemptMs: number;
  circuitFailures: number;
  presenceMs: number;
  noticeLeaseMs: number;
  noticeKeptMs: number;
  settledKeptMs: number;
  lateResultsMax: number;
  fileBytesMax: number;
  fileBytesPerCallMax: number;
  fileBytesPerOrgMax: number;
  fileUnusedMs: number;
  memoryBytesMax: number;
  memoriesMax: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

export const LIMITS: Limits = {
  taskBytesMax: 256 * 1024,
  contextBytesMax: 256 * 1024,
  resultBytesMax: 8 * 1024 * 1024,
  metadataBytesMax: 16 * 1024,
  batchMax: 100,
  depthMax: 5,
  fanOutParentMax: 16,
  fanOutRootMax: 256,
  queuePerCalleeMax: 1000,
  queuePerOrgMax: 10_000,
  attemptsMax: 6,
  backoffFirstMs: SECOND,
  backoffMostMs: 5 * MINUTE,
  leaseMs: 30 * SECOND,
  deadlineMs: 60 * MINUTE,
  deadlineMsMax: 7 * DAY,
  stallMs: 450 * SECOND,
  stallInToolMs: 1200 * SECOND,
  stallGraceMs: 120 * SECOND,
  cancelGraceMs: 30 * SECOND,
  attemptMs: 5 * MINUTE,
  circuitFailures: 5,
  presenceMs: 180 * SECOND,
  noticeLeaseMs: 60 * SECOND,
  noticeKeptMs: 30 * DAY,
  settledKeptMs: 30 * DAY,
  lateResultsMax: 8,
  fileBytesMax: 25 * 1024 * 1024,
  fileBytesPerCallMax: 50 * 1024 * 1024,
  fileBytesPerOrgMax: 5 * 1024 * 1024 * 1024,
  fileUnusedMs: DAY,
  memoryBytesMax: 64 * 1024,
  memoriesMax: 10_000,
};
