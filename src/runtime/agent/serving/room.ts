/**
 * Where the tasks of one handler are carried out: whether there is a place, whether a message is known, whose answer it is.
 *
 * Nothing waits here: the platform keeps the order, so whoever comes when all places are taken is told so and comes
 * again. A message is one task however often it comes; a message to a task is the answer to its question and nothing else.
 */
import type { IncomingMessage, ReadFault } from '../../../a2a/index.ts';
import type { Handler } from '../work.ts';
import { Book } from './book.ts';
import { Job, type JobMeans } from './job.ts';
import { attemptOf, digestOf, orderOf } from './order.ts';

const MESSAGE_ID_MAX = 1024;
/** A place is free as soon as any of the tasks ends. */
const FULL_SECONDS = 1;
/** What the handler waits for is its own affair, and takes longer. */
export const LATER_SECONDS = 5;

export interface RoomMeans extends JobMeans {
  handler: Handler;
  capacity: number;
  random: () => string;
  onFault: (error: unknown) => void;
}

export type Taken = { job: Job } | { busy: string; retryAfter: number } | ReadFault;

export class Room {
  readonly book: Book;
  readonly #means: RoomMeans;
  readonly #quiet = new Set<() => void>();
  /** Of handlers that have not returned; those that wait for an answer among them. */
  readonly #active = new Set<Job>();
  #isClosing = false;

  constructor(means: RoomMeans) {
    this.#means = means;
    this.book = new Book(means.clock, means.limits);
  }

  get active(): number {
    return this.#active.size;
  }

  take(message: IncomingMessage, traceparent: string | undefined): Taken {
    const messageId = message.messageId ?? `msg_${this.#means.random()}`;
    if (messageId.length > MESSAGE_ID_MAX) {
      return { fault: 'invalidParams', why: `the message id has more than ${MESSAGE_ID_MAX} characters` };
    }
    const known = this.book.find(messageId);
    if (known !== undefined && !(known.isGivenBack && message.task === null)) {
      return this.#again(known, message);
    }
    if (known !== undefined) {
      this.book.forget(known);
    }
    return message.task === null ? this.#begin(message, messageId, traceparent) : this.#answer(message, messageId);
  }

  /** From here on only what is known goes on. */
  close(): void {
    this.#isClosing = true;
  }

  /** Resolves when no handler is at work any more. */
  async whenQuiet(): Promise<void> {
    if (this.#active.size > 0) {
      await new Promise<void>((resolve) => void this.#quiet.add(resolve));
    }
  }

  #again(known: Job, message: IncomingMessage): Taken {
    const isAnswer = message.task !== null;
    if (isAnswer ? message.task !== known.id : known.digest !== digestOf(message.text)) {
      return { fault: 'invalidParams', why: 'another message had this id before' };
    }
    if (!isAnswer) {
      known.renew(attemptOf(message.metadata));
    }
    return { job: known };
  }

  #begin(message: IncomingMessage, messageId: string, traceparent: string | undefined): Taken {
    if (this.#isClosing) {
      return { busy: 'the agent is stopping', retryAfter: LATER_SECONDS };
    }
    const { clock, limits, random } = this.#means;
    const id = `task_${random()}`;
    const order = orderOf(message, { id, now: clock.now(), deadlineMs: limits.deadlineMs, traceparent });
    const job = new Job(id, order, this.#means);
    if (this.#isFull() || !this.book.add(job, messageId)) {
      return { busy: 'all places are taken', retryAfter: FULL_SECONDS };
    }
    this.#active.add(job);
    const forget = job.listen(() => {
      if (job.isOver) {
        forget();
        this.#over(job);
      }
    });
    // A handler begins after whoever brought its task has begun to listen.
    clock.soon(() => void this.#carryOut(job, order.task));
    return { job };
  }

  #answer(message: IncomingMessage, messageId: string): Taken {
    const job = this.book.get(message.task ?? '');
    if (job === undefined) {
      return { fault: 'taskNotFound', why: 'there is no such task' };
    }
    if (message.context !== null && message.context !== (job.context ?? job.id)) {
      return { fault: 'invalidParams', why: 'the task belongs to another context' };
    }
    if (job.status !== 'input_required') {
      const why = job.isOver ? `the task is over (${job.status})` : 'the task is at work and waits for no message';
      return { fault: 'unsupportedOperation', why };
    }
    if (this.#isFull()) {
      return { busy: 'all places are taken', retryAfter: FULL_SECONDS };
    }
    job.renew(attemptOf(message.metadata));
    job.answer(message.text);
    this.book.name(job, messageId);
    return { job };
  }

  #isFull(): boolean {
    let running = 0;
    for (const { isRunning } of this.#active) {
      running += isRunning ? 1 : 0;
    }
    return running >= Math.max(1, this.#means.capacity);
  }

  async #carryOut(job: Job, task: Parameters<Job['run']>[1]): Promise<void> {
    try {
      await job.run(this.#means.handler, task);
    } catch (error) {
      this.#means.onFault(error);
      job.stop('stopping');
    }
    this.#active.delete(job);
    if (this.#active.size === 0) {
      for (const resolve of this.#quiet) {
        resolve();
      }
      this.#quiet.clear();
    }
  }

  #over(job: Job): void {
    if (job.isWithdrawn) {
      this.book.forget(job);
    } else {
      this.book.close(job);
    }
  }
}
