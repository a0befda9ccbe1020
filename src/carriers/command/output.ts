/**
 * What a program writes to stdout: read to a bound and no further, and turned into what it says.
 *
 * As text it is the result itself. Of a dialect each line is read as it comes; a program that says more than can be
 * read beside other work is slowed down by not being read, so that it cannot cost the others their time.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../../core/ports/index.ts';
import type { Reader, Said, Told } from './dialects/dialect.ts';

export interface Hearing {
  clock: Clock;
  bytesMax: number;
  /** Undefined where all of it is the result. */
  reader: Reader | undefined;
  onTold: (told: Told) => void;
  /** It writes more than anybody keeps. */
  onTooMuch: () => void;
}

const NEWLINE = 10;
/** A result inside a line of JSON is longer than the result. */
const LINE_PARTS = 2;
/** All lines together; of them nothing is kept but what they say. */
const TOTAL_PARTS = 64;
const SLICE_MS = 50;
const SLICE_BYTES = 256 * 1024;

export class Output {
  readonly #hearing: Hearing;
  #chunks: Buffer[] = [];
  #kept = 0;
  #total = 0;
  isTooMuch = false;

  constructor(hearing: Hearing, stdout: Readable) {
    this.#hearing = hearing;
    if (hearing.reader === undefined) {
      stdout.on('data', (chunk: Buffer) => this.#keep(chunk, hearing.bytesMax));
    } else {
      readSlowly(stdout, hearing.clock, (chunk) => this.#split(chunk, hearing));
    }
  }

  end(): Said {
    const rest = Buffer.concat(this.#chunks, this.#kept).toString('utf8');
    this.#chunks = [];
    const { reader } = this.#hearing;
    if (reader === undefined) {
      return { text: rest };
    }
    if (rest !== '') {
      this.#hear(rest);
    }
    return reader.end();
  }

  #split(chunk: Buffer, { bytesMax }: Hearing): void {
    this.#total += chunk.length;
    if (this.#total > bytesMax * TOTAL_PARTS) {
      this.#tooMuch();
      return;
    }
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at), bytesMax * LINE_PARTS);
      from = at + 1;
      const line = Buffer.concat(this.#chunks, this.#kept).toString('utf8');
      this.#chunks = [];
      this.#kept = 0;
      this.#hear(line);
    }
    this.#keep(chunk.subarray(from), bytesMax * LINE_PARTS);
  }

  #hear(line: string): void {
    const told = this.isTooMuch ? undefined : this.#hearing.reader?.hear(line);
    if (told !== undefined) {
      this.#hearing.onTold(told);
    }
  }

  #keep(chunk: Buffer, most: number): void {
    if (this.isTooMuch || chunk.length === 0) {
      return;
    }
    this.#kept += chunk.length;
    if (this.#kept > most) {
      this.#tooMuch();
    } else {
      this.#chunks.push(chunk);
    }
  }

  #tooMuch(): void {
    this.isTooMuch = true;
    this.#chunks = [];
    this.#kept = 0;
    this.#hearing.onTooMuch();
  }
}

/** So much in a slice of time; whoever writes more waits for the next. */
export function readSlowly(stream: Readable, clock: Clock, take: (chunk: Buffer) => void): void {
  let since = clock.now();
  let read = 0;
  stream.on('data', (chunk: Buffer) => {
    take(chunk);
    const passed = clock.now() - since;
    if (passed < 0 || passed >= SLICE_MS) {
      since += passed;
      read = 0;
    }
    read += chunk.length;
    if (read >= SLICE_BYTES) {
      stream.pause();
      clock.after(SLICE_MS, () => stream.resume());
    }
  });
}
