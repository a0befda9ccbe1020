/**
 * Every bound of an agent that is called, in one place. None is without limit; a test makes them small.
 *
 * A result is bounded as it goes over the wire.
 */
export interface ServingLimits {
  bodyBytesMax: number;
  /** Of all bodies that are being read at once. */
  readingBytesMax: number;
  resultBytesMax: number;
  /** Tasks, ended ones included, and the bytes of their results. */
  keptMax: number;
  keptBytesMax: number;
  /** For an ended task to be asked for, and its message to be known again. */
  keptMs: number;
  connectionsMax: number;
  streamsMax: number;
  /** What a reader of a stream may be behind. */
  unsentBytesMax: number;
  heartbeatMs: number;
  /** For a reader to take what was written to it last. */
  farewellMs: number;
  /** Of a task whose caller set none. */
  deadlineMs: number;
  /** For a handler to confirm that it stopped. */
  confirmMs: number;
  /** For a call that cancels to be answered with the confirmation. */
  cancelHoldMs: number;
  /** For a platform's call to be answered with more than that the work goes on. */
  openMs: number;
  /** For a call that waits for the ending. */
  holdMs: number;
  /** For those who follow a task to read its ending before the address is gone. */
  lingerMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const SERVING_LIMITS: ServingLimits = {
  bodyBytesMax: 12 * MIB,
  readingBytesMax: 96 * MIB,
  // More than a platform takes of us by default: whether a result is too large is for it to say, in its own word.
  resultBytesMax: 12 * MIB,
  keptMax: 2000,
  keptBytesMax: 128 * MIB,
  keptMs: 60 * MINUTE,
  connectionsMax: 1024,
  streamsMax: 256,
  unsentBytesMax: MIB,
  heartbeatMs: 15 * SECOND,
  farewellMs: 30 * SECOND,
  deadlineMs: 60 * MINUTE,
  // Longer than our platform waits for it: unconfirmed, it says of a task that it may still run, and that is true.
  confirmMs: 8 * SECOND,
  cancelHoldMs: 2 * SECOND,
  openMs: 500,
  holdMs: 240 * SECOND,
  lingerMs: 500,
};
