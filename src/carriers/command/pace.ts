/**
 * Reads a pipe beside other work: so much in a slice of time, and whoever writes more waits for the next.
 *
 * What counts is what it costs this process, not what a program writes: a byte costs little, a piece more, a line most.
 * A program can write a million lines or pieces of one byte each in a second; read as they come they would leave no time
 * for anybody else.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../../core/ports/index.ts';

const SLICE_MS = 50;
const SLICE_COST = 256 * 1024;
const PIECE_COST = 1024;

/** What it cost to take it, and what of it is left for later. */
export interface Taken {
  cost: number;
  rest?: Buffer;
}

export function readSlowly(stream: Readable, clock: Clock, take: (piece: Buffer, costMost: number) => Taken): void {
  let since = clock.now();
  let spent = 0;
  stream.on('data', (piece: Buffer) => {
    const passed = clock.now() - since;
    if (passed < 0 || passed >= SLICE_MS) {
      since += passed;
      spent = 0;
    }
    const { cost, rest } = take(piece, SLICE_COST - spent);
    spent += cost + PIECE_COST;
    if (spent >= SLICE_COST || rest !== undefined) {
      stream.pause();
      clock.after(SLICE_MS, () => {
        since = clock.now();
        spent = 0;
        stream.resume();
      });
    }
    if (rest !== undefined) {
      stream.unshift(rest);
    }
  });
}
