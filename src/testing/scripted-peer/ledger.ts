/**
 * What a scripted peer did, as it saw it itself: the independent witness against which a history is checked.
 *
 * One line for each message it took on, in the order in which it did, however often the message came. Beginnings and
 * ends take their numbers from one sequence, so that what ran beside what can be told from them.
 */
export interface Execution {
  messageId: string;
  text: string;
  /** Increasing over all beginnings and ends of this peer. */
  began: number;
  ended: number | null;
  /** How often it was carried out; a peer that tells messages apart keeps it at one. */
  runs: number;
  metadata: Record<string, unknown>;
}

export class Ledger {
  readonly #executions = new Map<string, Execution>();
  readonly #arrivals = new Map<string, number>();
  readonly #cancelled: string[] = [];
  readonly #waiting = new Map<string, (() => void)[]>();
  #sequence = 0;
  #running = 0;
  /** The most it ever had under way at once. */
  peak = 0;
  /** All requests of any kind. */
  requests = 0;

  get executions(): Execution[] {
    return [...this.#executions.values()];
  }

  get(messageId: string): Execution | undefined {
    return this.#executions.get(messageId);
  }

  /** How often this message came, taken on or not. */
  arrivals(messageId: string): number {
    return this.#arrivals.get(messageId) ?? 0;
  }

  get arrivalsAll(): number {
    return [...this.#arrivals.values()].reduce((sum, times) => sum + times, 0);
  }

  /** The tasks that it was told to stop. */
  get cancelled(): readonly string[] {
    return this.#cancelled;
  }

  arrive(messageId: string): number {
    const times = this.arrivals(messageId) + 1;
    this.#arrivals.set(messageId, times);
    return times;
  }

  begin(messageId: string, text: string, metadata: Record<string, unknown>): void {
    this.#sequence += 1;
    this.#running += 1;
    this.peak = Math.max(this.peak, this.#running);
    const known = this.#executions.get(messageId);
    if (known === undefined) {
      this.#executions.set(messageId, { messageId, text, began: this.#sequence, ended: null, runs: 1, metadata });
    } else {
      known.runs += 1;
      known.ended = null;
    }
  }

  end(messageId: string): void {
    const known = this.#executions.get(messageId);
    if (known?.ended === null) {
      this.#sequence += 1;
      this.#running -= 1;
      known.ended = this.#sequence;
      const waiting = this.#waiting.get(messageId) ?? [];
      this.#waiting.delete(messageId);
      for (const call of waiting) {
        call();
      }
    }
  }

  /** At once, if it has ended. */
  whenEnded(messageId: string, call: () => void): void {
    if (this.#executions.get(messageId)?.ended === null) {
      this.#waiting.set(messageId, [...(this.#waiting.get(messageId) ?? []), call]);
    } else {
      call();
    }
  }

  cancel(task: string): void {
    this.#cancelled.push(task);
  }
}
