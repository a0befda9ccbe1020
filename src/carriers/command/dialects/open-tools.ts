/**
 * The tools that an agent is waiting for right now: several may run at once, and they end in any order.
 *
 * Silence is longer in a tool, so it counts whether one is open. What never ends is forgotten with the reader, and of
 * more than a few hundred the rest is not counted: nobody waits for that many.
 */
const OPEN_MAX = 256;

export class OpenTools {
  readonly #ids = new Set<string>();

  /** One without an id shares its place with all others without one. */
  begin(id: string | undefined): void {
    if (this.#ids.size < OPEN_MAX) {
      this.#ids.add(id ?? '');
    }
  }

  end(id: string | undefined): void {
    this.#ids.delete(id ?? '');
  }

  get isAny(): boolean {
    return this.#ids.size > 0;
  }
}
