/**
 * The tasks of a scripted peer: each goes through the steps of its script, by looks or by time.
 *
 * A look moves it on, which makes a test as fast as it asks; with `stepMs` time does, which is how it runs in a demo.
 */
import type { Clock } from '../../core/ports/index.ts';
import type { Behaviour, PeerVersion, Step } from './behaviour.ts';
import type { Ledger } from './ledger.ts';
import { artifactEvent, type Body, isOver, type SpokenTask, statusEvent, task } from './speech.ts';

export type TaskScript = Extract<Behaviour, { do: 'task' }>;

export class PeerTask {
  readonly id: string;
  readonly context: string;
  readonly messageId: string;
  readonly script: TaskScript;
  readonly #onOver: () => void;
  #at = 0;
  #steps: readonly Step[];
  #looks = 0;
  #timed: boolean;

  constructor(given: { id: string; context: string; messageId: string; script: TaskScript; onOver: () => void }) {
    this.id = given.id;
    this.context = given.context;
    this.messageId = given.messageId;
    this.script = given.script;
    this.#onOver = given.onOver;
    this.#steps = given.script.steps;
    this.#timed = given.script.stepMs !== undefined;
    this.#settle();
  }

  get step(): Step {
    return this.#steps[this.#at] ?? { state: 'unknown' };
  }

  spoken(): SpokenTask {
    return {
      id: this.id,
      context: this.context,
      state: this.step.state,
      note: this.step.note ?? '',
      artifacts: this.#steps.slice(0, this.#at + 1).flatMap((step) => step.artifacts ?? []),
      stamp: `2026-01-01T00:00:${String(this.#at).padStart(2, '0')}Z`,
      messageId: this.messageId,
    };
  }

  /** Someone asks; false when the connection is to break instead. */
  look(): boolean {
    this.#looks += 1;
    if (this.#looks <= (this.script.stumbles ?? 0)) {
      return false;
    }
    if (!this.#timed) {
      this.advance();
    }
    return true;
  }

  advance(): boolean {
    if (isOver(this.step.state) || this.#at + 1 >= this.#steps.length) {
      return false;
    }
    this.#at += 1;
    this.#settle();
    return true;
  }

  /** An answer came, or a cancel: this is how it goes on. */
  continue(steps: readonly Step[]): void {
    this.#steps = [...this.#steps.slice(0, this.#at + 1), ...steps];
    this.#at += 1;
    this.#settle();
  }

  #settle(): void {
    if (isOver(this.step.state)) {
      this.#onOver();
    }
  }
}

export function runByTime(clock: Clock, running: PeerTask): void {
  const ms = running.script.stepMs;
  if (ms !== undefined) {
    clock.after(ms, () => {
      if (running.advance()) {
        runByTime(clock, running);
      }
    });
  }
}

/** What a stream says: where it stands, then every further step, artifacts before the state that goes with them. */
export function* events(version: PeerVersion, streamed: PeerTask): Generator<Body> {
  yield version === '1.0' ? { task: task(version, streamed.spoken()) } : statusEvent(version, streamed.spoken(), false);
  let shown = version === '1.0' ? streamed.spoken().artifacts.length : 0;
  while (!isOver(streamed.step.state) && streamed.advance()) {
    const spoken = streamed.spoken();
    for (; shown < spoken.artifacts.length; shown += 1) {
      yield artifactEvent(version, spoken, shown);
    }
    yield statusEvent(version, spoken, isOver(spoken.state));
  }
}

export interface Stage {
  clock: Clock;
  ledger: Ledger;
  tasks: Map<string, PeerTask>;
}
