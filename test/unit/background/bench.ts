/**
 * A function that works until the test says what it brings, and remembers what it was given.
 */
import type { Task, TaskContext } from '../../../src/background/callee.ts';

export class Bench {
  /** The texts of the tasks, in the order of their beginning. */
  readonly begun: string[] = [];
  readonly contexts = new Map<string, TaskContext>();
  readonly tasks = new Map<string, Task<unknown>>();
  readonly #ends = new Map<string, PromiseWithResolvers<unknown>>();
  mostAtOnce = 0;
  #atOnce = 0;

  readonly run = async (task: Task<unknown>, context: TaskContext): Promise<unknown> => {
    this.begun.push(task.text);
    this.contexts.set(task.text, context);
    this.tasks.set(task.text, task);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    const end = this.#end(task.text);
    const onAbort = (): void => {
      // Who begins anew is not ended by what ended the one before.
      this.#ends.delete(task.text);
      end.reject(context.signal.reason);
    };
    context.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await end.promise;
    } finally {
      this.#atOnce -= 1;
      context.signal.removeEventListener('abort', onAbort);
    }
  };

  end(text: string, brings: unknown = `done: ${text}`): void {
    this.#end(text).resolve(brings);
  }

  fail(text: string, error: unknown): void {
    this.#end(text).reject(error);
  }

  #end(text: string): PromiseWithResolvers<unknown> {
    const known = this.#ends.get(text) ?? Promise.withResolvers<unknown>();
    known.promise.catch(() => {
      // Whoever runs it hears of it.
    });
    this.#ends.set(text, known);
    return known;
  }
}
