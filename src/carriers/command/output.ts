/**
 * What a program writes to stdout: read to a bound and no further, and turned into what it says.
 *
 * As text it is the result itself. Of a dialect each line is read as it comes; of all the lines nothing is kept but what
 * they say.
 */
import type { Readable } from 'node:stream';
import type { Reader, Said, Told } from './dialects/dialect.ts';
import type { Read, Taken } from './pace.ts';

export interface Hearing {
  read: Read;
  bytesMax: number;
  /** Undefined where all of it is the result. */
  reader: Reader | undefined;
  onTold: (told: Told) => void;
  /** It writes more than anybody keeps. */
  onTooMuch: () => void;
  onFault: (error: unknown) => void;
}

const NEWLINE = 10;
/** A result inside a line of JSON is longer than the result. */
const LINE_PARTS = 2;
/** All lines together, each for what it costs. */
const TOTAL_PARTS = 64;
/** To read one, however short. */
const LINE_COST = 256;

export class Output {
  readonly #hearing: Hearing;
  #kept = Buffer.alloc(0);
  #length = 0;
  #total = 0;
  isTooMuch = false;

  constructor(hearing: Hearing, stdout: Readable) {
    this.#hearing = hearing;
    const { reader, read, bytesMax } = hearing;
    read(stdout, (piece, costMost) => {
      if (this.isTooMuch) {
        return { cost: piece.length };
      }
      // Its bytes cost next to nothing, and there are at most so many.
      return reader === undefined ? this.#keep(piece, bytesMax) : this.#split(piece, costMost, bytesMax);
    });
  }

  end(): Said {
    const rest = this.#take();
    const { reader } = this.#hearing;
    if (reader === undefined) {
      return { text: rest };
    }
    if (rest !== '') {
      this.#hear(rest);
    }
    return reader.end();
  }

  #split(piece: Buffer, costMost: number, bytesMax: number): Taken {
    let from = 0;
    let cost = 0;
    for (let at = piece.indexOf(NEWLINE); at !== -1 && cost < costMost; at = piece.indexOf(NEWLINE, from)) {
      this.#keep(piece.subarray(from, at), bytesMax * LINE_PARTS);
      this.#hear(this.#take());
      cost += at - from + LINE_COST;
      from = at + 1;
    }
    const isOut = cost >= costMost && from < piece.length;
    if (!isOut) {
      this.#keep(piece.subarray(from), bytesMax * LINE_PARTS);
      cost += piece.length - from;
    }
    this.#total += cost;
    if (this.#total > bytesMax * TOTAL_PARTS) {
      this.#tooMuch();
    }
    return isOut ? { cost, rest: piece.subarray(from) } : { cost };
  }

  #hear(line: string): void {
    const { reader, onTold, onFault } = this.#hearing;
    if (this.isTooMuch || reader === undefined) {
      return;
    }
    try {
      const told = reader.hear(line);
      if (told !== undefined) {
        onTold(told);
      }
      if (reader.held > this.#hearing.bytesMax) {
        this.#tooMuch();
      }
    } catch (error) {
      // A fault of ours, in the middle of what the system has to tell: nobody else's work may end by it.
      onFault(error);
    }
  }

  /** Many small pieces weigh no more than what they hold. */
  #keep(piece: Buffer, most: number): Taken {
    const length = this.#length + piece.length;
    if (length > most) {
      this.#tooMuch();
    }
    if (!this.isTooMuch && piece.length > 0) {
      if (length > this.#kept.length) {
        const larger = Buffer.allocUnsafe(Math.min(most, length * 2));
        this.#kept.copy(larger, 0, 0, this.#length);
        this.#kept = larger;
      }
      piece.copy(this.#kept, this.#length);
      this.#length = length;
    }
    return { cost: 0 };
  }

  #take(): string {
    const text = this.#kept.toString('utf8', 0, this.#length);
    this.#length = 0;
    return text;
  }

  #tooMuch(): void {
    if (!this.isTooMuch) {
      this.isTooMuch = true;
      this.#kept = Buffer.alloc(0);
      this.#length = 0;
      this.#hearing.onTooMuch();
    }
  }
}
