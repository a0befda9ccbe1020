/**
 * The children of a unit that have finished while it goes on: each is kept as it ends, so that a process that dies loses
 * only the others.
 *
 * A result is a message on the line, whole, however long it is; the unit's checkpoint has the keys of those messages
 * beside what its runner keeps there. In memory nothing has to outlive the process, and only the partial output is kept.
 */
import { acknowledgeNotices, say, type Line } from '../../flow/index.ts';
import type { Task, TaskContext } from '../callee.ts';
import { HERE, type House } from '../house.ts';
import type { FinishedChild, TaskResult } from './hermes.ts';
import { taskResultOf } from './outcome.ts';
import { keptOf } from './kept.ts';

export interface Checkpoint {
  /** What the runner keeps of how far it is. */
  value?: unknown;
  /** By the place of the child: the key of the message that has its result. */
  finished?: Readonly<Record<string, number>>;
}

/** As it stands on the line. */
export function checkpointIn(kept: string | undefined): Checkpoint {
  return kept === undefined ? {} : (JSON.parse(kept) as Checkpoint);
}

export async function finishedIn({ engine }: Line, { finished = {} }: Checkpoint): Promise<readonly TaskResult[]> {
  const messages = await Promise.all(Object.values(finished).map(async (key) => engine.message(key)));
  return messages.flatMap((message) => (message === undefined ? [] : [JSON.parse(message.text) as TaskResult]));
}

export class Finished {
  readonly #house: House;
  readonly #task: Pick<Task, 'id'>;
  readonly #context: TaskContext;
  readonly #goals: number;
  readonly #results = new Map<number, TaskResult>();
  #checkpoint: Checkpoint;

  constructor(house: House, at: { task: Task; context: TaskContext; goals: number; before: readonly TaskResult[] }) {
    this.#house = house;
    this.#task = at.task;
    this.#context = at.context;
    this.#goals = at.goals;
    this.#checkpoint = (at.task.checkpoint ?? {}) as Checkpoint;
    for (const result of at.before) {
      this.#results.set(result.task_index, result);
    }
  }

  get results(): readonly TaskResult[] {
    return [...this.#results.values()].toSorted((left, right) => left.task_index - right.task_index);
  }

  keep(value: unknown): void {
    this.#checkpoint = { ...this.#checkpoint, value };
    this.#context.checkpoint(this.#checkpoint);
  }

  /** It is kept when this settles. */
  async record(child: FinishedChild): Promise<void> {
    const { task_index } = child;
    if (!Number.isInteger(task_index) || task_index < 0 || task_index >= this.#goals) {
      throw new RangeError(`record_unit_child: task_index is from 0 to ${this.#goals - 1}.`);
    }
    const result = taskResultOf(child, task_index);
    this.#results.set(task_index, result);
    const { results } = this;
    this.#context.partial(keptOf({ status: 'error', results, error: null, exit_reason: null, duration_seconds: null }));
    if (this.#house.isKept && !this.#context.signal.aborted) {
      await this.#keep(result);
    }
  }

  async #keep(result: TaskResult): Promise<void> {
    const { line } = this.#house;
    const actor = this.#task.id;
    const { key } = await say(line, { workspace: HERE, actor, text: JSON.stringify(result), attachments: [] });
    const finished = { ...this.#checkpoint.finished, [result.task_index]: key };
    this.#checkpoint = { ...this.#checkpoint, finished };
    this.#context.checkpoint(this.#checkpoint);
    // Commits are made in their order: when this one answers, the checkpoint before it is on stable storage (E6).
    await acknowledgeNotices(line, { workspace: HERE, actor, ids: [] });
  }
}
