/**
 * A text that comes in many pieces: lines of plain output, or the few words that a model says at a time.
 *
 * Pieces are joined by the thousand, because a million small ones weigh several times what they say. How much there may
 * be in all is bounded by whoever reads the pipe.
 */
const TOGETHER = 1000;

export class Gathered {
  readonly #between: string;
  #blocks: string[] = [];
  #pieces: string[] = [];
  length = 0;

  constructor(between: string) {
    this.#between = between;
  }

  add(piece: string): void {
    this.#pieces.push(piece);
    this.length += piece.length + this.#between.length;
    if (this.#pieces.length >= TOGETHER) {
      this.#blocks.push(this.#pieces.join(this.#between));
      this.#pieces = [];
    }
  }

  get text(): string {
    return [...this.#blocks, ...this.#pieces].join(this.#between);
  }

  clear(): void {
    this.#blocks = [];
    this.#pieces = [];
    this.length = 0;
  }
}
