/**
 * Seats that were read lately. This process is the only writer (E8), so what it wrote last is what is there.
 *
 * A callee's row is read and written by every delegation to it; without the cache each batch would parse its card
 * again. Bounded, least recently used out first; only what is committed is ever put in.
 */
import type { Workspace } from '../../core/workspace/index.ts';

const MOST = 10_000;

export class WorkspaceCache {
  readonly #seats = new Map<string, Workspace>();
  readonly #load: (id: string) => Workspace | undefined;

  constructor(load: (id: string) => Workspace | undefined) {
    this.#load = load;
  }

  get(id: string): Workspace | undefined {
    const held = this.#seats.get(id);
    if (held !== undefined) {
      return held;
    }
    const loaded = this.#load(id);
    if (loaded !== undefined) {
      this.set(loaded);
    }
    return loaded;
  }

  set(workspace: Workspace): void {
    this.#seats.set(workspace.id, workspace);
    if (this.#seats.size > MOST) {
      const [oldest] = this.#seats.keys();
      if (oldest !== undefined) {
        this.#seats.delete(oldest);
      }
    }
  }
}
