/**
 * What was said on the streams of one session lately, so that a reader that was cut off goes on where it was.
 *
 * Bounded in messages and in bytes: what is older is gone, and a client that comes back later asks anew.
 */
const KEPT_MAX = 256;
const KEPT_BYTES_MAX = 1024 * 1024;

export interface Said {
  id: string;
  text: string;
}

interface Kept extends Said {
  stream: number;
}

export class Past {
  readonly #kept: Kept[] = [];
  #bytes = 0;
  #count = 0;

  /** The id under which a reader goes on after this. */
  keep(stream: number, text: string): Said {
    this.#count += 1;
    const kept = { id: `${stream}.${this.#count}`, text, stream };
    this.#kept.push(kept);
    this.#bytes += text.length;
    while (this.#kept.length > KEPT_MAX || (this.#bytes > KEPT_BYTES_MAX && this.#kept.length > 1)) {
      this.#bytes -= this.#kept.shift()?.text.length ?? 0;
    }
    return kept;
  }

  /** Undefined for an id that was never given. */
  after(id: string): { stream: number; said: Said[] } | undefined {
    const [, stream, count] = /^(\d{1,9})\.(\d{1,9})$/u.exec(id) ?? [];
    if (stream === undefined || Number(count) > this.#count) {
      return undefined;
    }
    const said = this.#kept.filter((one) => one.stream === Number(stream) && numberOf(one) > Number(count));
    return { stream: Number(stream), said };
  }
}

function numberOf({ id }: Said): number {
  return Number(id.slice(id.indexOf('.') + 1));
}
