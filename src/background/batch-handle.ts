/**
 * Several tasks that were delegated as one: one handle, one notice.
 */
import type { Admission, BatchHandle, Ending, Receipt } from './background.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import { requireField, TEXT } from './wrong.ts';

export class BatchOfHandles implements BatchHandle {
  readonly session: string;
  readonly handles: readonly TaskHandle[];
  readonly accepted: Promise<Admission>;
  readonly #house: House;
  #id: string;
  #key: number;
  #isAwaited = false;

  constructor(
    house: House,
    { id, key, session }: { id: string; key: number; session: string },
    { handles, accepted }: { handles: readonly TaskHandle[]; accepted: Promise<Admission> },
  ) {
    this.#house = house;
    this.#key = key;
    this.#id = id;
    this.session = session;
    this.handles = handles;
    this.accepted = accepted;
  }

  get id(): string {
    return this.#id;
  }

  /** Whoever waits for all of it takes its one notice. */
  get done(): Promise<readonly Ending[]> {
    this.#isAwaited = true;
    this.#house.waiters.take(this.#key);
    return Promise.all(this.handles.map(async (handle) => handle.done));
  }

  /** Its key was used before: it is that batch. */
  keptAs({ id, key }: { id: string; key: number }): void {
    this.#id = id;
    this.#key = key;
    if (this.#isAwaited) {
      this.#house.waiters.take(key);
    }
  }

  async cancel(reason?: string): Promise<readonly Receipt[]> {
    requireField('cancel.reason', reason, TEXT);
    return Promise.all(this.handles.map(async (handle) => handle.cancel(reason)));
  }

  toJSON() {
    return { id: this.id, session: this.session, handles: this.handles.map((handle) => handle.toJSON()) };
  }
}
