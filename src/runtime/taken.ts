/**
 * Which endings were told here already, or are about to be: a notice that is on its way meanwhile tells nobody twice.
 *
 * Only the last ones are remembered: a notice that was handed out is either here soon or free again.
 */
const MOST = 4096;

export class Taken {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size > MOST) {
      const [oldest = ''] = this.#ids;
      this.#ids.delete(oldest);
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}
