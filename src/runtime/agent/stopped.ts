/**
 * Why a handler is told to stop: the reason of its signal, and what rejects where it waits for an answer.
 *
 * Its name is the one that everything which takes a signal gives to an interruption, so that a handler which hands its
 * signal on need not know of us.
 */
export type StopReason = 'cancelled' | 'deadline' | 'overtaken' | 'stopping';

const WORDS: Readonly<Record<StopReason, string>> = {
  cancelled: 'the task was cancelled',
  deadline: 'the deadline of the task has passed',
  overtaken: 'somebody else has the task, or it has its ending',
  stopping: 'the agent is stopping',
};

export class Stopped extends Error {
  override readonly name = 'AbortError';
  readonly why: StopReason;

  constructor(why: StopReason) {
    super(WORDS[why]);
    this.why = why;
  }
}

export function whyOf({ reason }: AbortSignal): StopReason | undefined {
  return reason instanceof Stopped ? reason.why : undefined;
}
