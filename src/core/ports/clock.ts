/**
 * Time as an argument. The one real clock is in `server/clock.ts`; tests and the simulation bring their own.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Calls once after `ms`; never keeps the process alive. */
  after(ms: number, call: () => void): Timer;
  /** Calls once when the current turn of the event loop is through with its input. */
  soon(call: () => void): void;
}
