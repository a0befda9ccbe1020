/**
 * Why a function is told to stop: the reason of its signal, and what rejects where it waits.
 *
 * Its name is the one that everything which takes a signal gives to an interruption, so that a function which hands its
 * signal on need not know of us.
 */
export type StoppedWhy = 'cancelled' | 'deadline' | 'stalled' | 'overtaken' | 'shutdown';

const WORDS: Readonly<Record<StoppedWhy, string>> = {
  cancelled: 'the task was cancelled',
  deadline: 'the deadline of the task has passed',
  stalled: 'the task made no progress, was warned, and made none',
  overtaken: 'somebody else has the task, or it has its ending',
  shutdown: 'the process is stopping',
};

export class Stopped extends Error {
  override readonly name = 'AbortError';
  readonly why: StoppedWhy;

  constructor(why: StoppedWhy) {
    super(WORDS[why]);
    this.why = why;
  }
}
