/**
 * What one reader of a history has heard and not read yet. It keeps no more than it may: what goes beyond is dropped,
 * and told to be missing.
 */
import type { LoggedEvent } from './follow.ts';
import type { Ear } from './watcher.ts';

const HEARD_MAX = 200;

export class StepsEar implements Ear {
  readonly id: string;
  readonly takesEnding = false;
  #heard: LoggedEvent[] = [];
  #hasMissed = false;
  #refused: { error: unknown } | undefined;
  #isOver = false;
  #bell = Promise.withResolvers<undefined>();

  constructor(id: string) {
    this.id = id;
  }

  /** What happened since it was asked last, or that something is missing; undefined where nothing comes any more. */
  async news(): Promise<LoggedEvent[] | 'missed' | undefined> {
    while (!this.#hasMissed && this.#heard.length === 0 && this.#refused === undefined && !this.#isOver) {
      await this.#bell.promise;
      this.#bell = Promise.withResolvers<undefined>();
    }
    if (this.#isOver) {
      return undefined;
    }
    if (this.#refused !== undefined) {
      throw this.#refused.error;
    }
    if (this.#hasMissed) {
      this.#hasMissed = false;
      return 'missed';
    }
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  miss(): void {
    this.#hasMissed = true;
    this.#ring();
  }

  hear(event: LoggedEvent): void {
    if (this.#heard.length >= HEARD_MAX) {
      this.#heard = [];
      this.#hasMissed = true;
    }
    this.#heard.push(event);
    this.#ring();
  }

  async look(): Promise<void> {
    this.miss();
  }

  refuse(error: unknown): void {
    this.#refused = { error };
    this.#ring();
  }

  close(): void {
    this.#isOver = true;
    this.#ring();
  }

  #ring(): void {
    this.#bell.resolve(undefined);
  }
}
