/**
 * The carrier for callees that are functions in this very process. The door of this folder.
 *
 * A function gets the task and what it may say while it works, and gives back a text or an output; what it throws is its
 * failure. It outlives a delivery where it waits for an answer or for what it has delegated itself: its slot is free
 * meanwhile, and the next delivery goes on with it. Nothing can be asked about an earlier process, so what may have run
 * is run again, or not at all (C2). One that is told to stop has a moment to confirm it by ending; one that does not is
 * left behind (C9), and what it brings then is kept as evidence.
 */
import { ByKey } from '../../core/by-key.ts';
import type { Assignment, Carrier, Clock, Delivering, Outcome } from '../../core/ports/index.ts';
import type { Handler } from './attempt.ts';
import { Execution } from './execution.ts';

export { Failure, type Attempt, type Handled, type Handler } from './attempt.ts';

export interface InProcessCarrierOptions {
  /** Which function takes it; by the id of the workspace, or by what it is asked to do. */
  handlers: { get(workspace: string, skill?: string): Handler | undefined };
  clock: Clock;
  /** For a function to end after it was told to stop. */
  cancelMs?: number;
}

const CANCEL_MS = 5000;

export function inProcessCarrier(options: InProcessCarrierOptions): Carrier {
  return new Functions(options);
}

class Functions implements Carrier {
  readonly name = 'in_process';
  readonly #options: InProcessCarrierOptions;
  /** By the key of the delegation. */
  readonly #executions = new ByKey<Execution>();
  /** Begun in this turn of the loop; what ends in it as well need not be said to have begun, nor listen. */
  #fresh: Execution[] = [];
  #isClosed = false;

  constructor(options: InProcessCarrierOptions) {
    this.#options = options;
  }

  deliver(assignment: Assignment, delivering: Delivering): Promise<Outcome> {
    const { key, remoteTask } = assignment;
    const held = remoteTask === undefined ? undefined : this.#executions.get(key);
    const mine = held?.mark === remoteTask ? held : undefined;
    if (delivering.signal.aborted || this.#isClosed) {
      mine?.leave(delivering.signal.reason ?? 'shutdown');
      // A slot that became free on the way out: nothing has begun, and it waits for the next start.
      const isNew = this.#isClosed && mine === undefined && remoteTask === undefined;
      return Promise.resolve(
        isNew ? { kind: 'busy', retryAfterMs: 0 } : { kind: 'unknown', error: 'let go before it began' },
      );
    }
    if (mine !== undefined) {
      return mine.goOn(assignment, delivering);
    }
    if (remoteTask !== undefined && assignment.delivery === 'at_most_once') {
      return Promise.resolve({ kind: 'unknown', error: 'the process in which it ran is gone', forgotten: true });
    }
    if (remoteTask !== undefined) {
      // It begins anew without an attempt that only says so.
      assignment.mayHaveRun = true;
    }
    return this.#begin(assignment, delivering);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const execution of this.#executions.values()) {
      execution.leave('shutdown');
    }
  }

  #begin(assignment: Assignment, delivering: Delivering): Promise<Outcome> {
    const { callee, skill, key } = assignment;
    if (assignment.mayHaveRun && assignment.delivery === 'at_most_once') {
      return Promise.resolve({ kind: 'unknown', error: 'an earlier attempt may have run, and nobody remembers it' });
    }
    const handler = this.#options.handlers.get(callee.id, skill);
    if (handler === undefined && skill !== undefined) {
      // The others that this workspace does are not held up for it.
      const error = `There is no ${skill} in this process any more.`;
      return Promise.resolve({ kind: 'failed', reason: 'peer_removed', error });
    }
    if (handler === undefined) {
      const error = `no function for the workspace ${callee.id} in this process`;
      return Promise.resolve({ kind: 'unreachable', error, retryAfterMs: null });
    }
    const { clock, cancelMs = CANCEL_MS } = this.#options;
    const execution = new Execution({ assignment, clock, cancelMs, onOver: () => this.#forget(key, execution) });
    // Another one of the same delegation was overtaken; what it brings is its own affair.
    this.#executions.set(key, execution);
    const outcome = execution.start(handler, delivering);
    this.#lookSoon(execution);
    return outcome;
  }

  #forget(key: number, execution: Execution): void {
    if (this.#executions.get(key) === execution) {
      this.#executions.delete(key);
    }
  }

  #lookSoon(execution: Execution): void {
    this.#fresh.push(execution);
    if (this.#fresh.length === 1) {
      this.#options.clock.soon(() => {
        const begun = this.#fresh;
        this.#fresh = [];
        for (const one of begun) {
          one.goesOn();
        }
      });
    }
  }
}
