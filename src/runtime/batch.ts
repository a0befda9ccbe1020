/**
 * Several delegations in the hands of their caller as one: told as one, and waited for as one.
 */
import type { BatchHandle, Ending, Handle } from './errand.ts';
import { collected } from './ending.ts';
import type { Shared } from './handle.ts';

export class BatchOfHandles implements BatchHandle {
  readonly id: string;
  readonly handles: readonly Handle[];
  readonly #shared: Shared;
  #done: Promise<readonly Ending[]> | undefined;

  constructor(shared: Shared, id: string, handles: readonly Handle[]) {
    this.#shared = shared;
    this.id = id;
    this.handles = handles;
  }

  get done(): Promise<readonly Ending[]> {
    this.#done ??= this.#all();
    return this.#done;
  }

  async #all(): Promise<readonly Ending[]> {
    const { place, taken, awaited } = this.#shared;
    awaited.add(this.id);
    const endings = await Promise.all(this.handles.map(async ({ done }) => done));
    taken.add(this.id);
    awaited.delete(this.id);
    const isOver = await collected(place, `${place.own}/batches/${encodeURIComponent(this.id)}`);
    // Closed while it was told, it stays unanswered, like all that waits.
    return isOver ? endings : new Promise(() => {});
  }
}
