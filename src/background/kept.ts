/**
 * In memory there is no room for everything that ever was: of what is settled and told, so many stay, the newest.
 *
 * It looks again after every few endings, so that one costs next to nothing; what nobody was told of yet is never among
 * those that go.
 */
import type { Event } from '../core/ports/index.ts';
import type { Line } from '../flow/index.ts';

const AT_ONCE = 500;
/** A tenth more than are to stay may be there for a moment. */
const SHARE = 10;

export class Kept {
  readonly #line: Pick<Line, 'recorder'>;
  readonly #most: number;
  /** When they were settled, the oldest first. */
  #settled: number[] = [];

  constructor(line: Pick<Line, 'recorder'>, most: number) {
    this.#line = line;
    this.#most = most;
  }

  hear({ type, at }: Event): void {
    if (type === 'delegation.settled') {
      this.#settled.push(at);
      if (this.#settled.length > this.#most + Math.ceil(this.#most / SHARE)) {
        this.#settled = this.#settled.slice(-this.#most);
        // A fault here is one of the store, and whoever writes next hears of it.
        void this.#line.recorder.record({ type: 'prune', before: this.#settled[0] ?? at, most: AT_ONCE });
      }
    }
  }
}
