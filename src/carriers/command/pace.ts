/**
 * Reads the pipes of programs beside other work: so much in a slice of time, of one and of all, and whoever writes more
 * waits for the next.
 *
 * What counts is what it costs this process, not what a program writes: a byte costs little, a piece more, a line most.
 * A program can write a million lines or pieces of one byte each in a second; read as they come they would leave no time
 * for anybody else. Whoever had the least goes first in the next slice, so that those who flood only wait for each other.
 */
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../../core/ports/index.ts';

const SLICE_MS = 50;
/** Measured for one that floods: some 4 % of a processor, by lines of JSON or by stderr. */
const OF_ONE = 128 * 1024;
const OF_ALL = 384 * 1024;
const PIECE_COST = 4096;

/** What it cost to take it, and what of it is left for later. */
export interface Taken {
  cost: number;
  rest?: Buffer;
}

export type Take = (piece: Buffer, costMost: number) => Taken;

/** Of one program. */
export type Read = (stream: Readable, take: Take) => void;

export class Pace {
  readonly #clock: Clock;
  /** With what each has had in this slice. */
  readonly #waiting = new Map<Readable, number>();
  #timer: Timer | undefined;
  #since: number;
  #slice = 0;
  #spent = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** `isOver`: it has ended, and what is left in its pipe is little and waited for. */
  read(stream: Readable, take: Take, isOver: () => boolean): void {
    let slice = 0;
    let own = 0;
    stream.on('data', (piece: Buffer) => {
      if (isOver()) {
        take(piece, Infinity);
        return;
      }
      this.#look();
      own = slice === this.#slice ? own : 0;
      slice = this.#slice;
      const { cost, rest } = take(piece, Math.min(OF_ONE - own, OF_ALL - this.#spent));
      own += cost + PIECE_COST;
      this.#spent += cost + PIECE_COST;
      if (rest !== undefined || own >= OF_ONE || this.#spent >= OF_ALL) {
        stream.pause();
        this.#waiting.set(stream, own);
        this.#timer ??= this.#clock.after(SLICE_MS, () => this.#next());
      }
      if (rest !== undefined) {
        stream.unshift(rest);
      }
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Where nobody waits, a slice begins with what comes after the last. */
  #look(): void {
    const passed = this.#clock.now() - this.#since;
    if (this.#timer === undefined && (passed < 0 || passed >= SLICE_MS)) {
      this.#begin();
    }
  }

  #begin(): void {
    this.#since = this.#clock.now();
    this.#slice += 1;
    this.#spent = 0;
  }

  #next(): void {
    this.#timer = undefined;
    this.#begin();
    const waiting = [...this.#waiting].toSorted(([, one], [, other]) => one - other);
    this.#waiting.clear();
    for (const [stream] of waiting) {
      stream.resume();
    }
  }
}
