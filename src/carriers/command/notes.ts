/**
 * What a program writes to stderr: its newest line is its progress, and its last words say why it failed.
 */
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { cut } from '../../core/text.ts';
import { visible } from '../../core/untrusted.ts';
import type { Read } from './pace.ts';

const NOTE_CHARACTERS = 500;
const LAST_BYTES = 4096;
/** Of a byte of stdout: of all but the last nothing is looked at. */
const SHARE_OF_COST = 1 / 2;

export class Notes {
  #last = Buffer.alloc(0);

  /** `onNews`: there may be another newest line. */
  constructor(stderr: Readable, read: Read, onNews: () => void) {
    read(stderr, (piece) => {
      this.#last = Buffer.concat([this.#last, piece.subarray(-LAST_BYTES)]).subarray(-LAST_BYTES);
      onNews();
      return { cost: piece.length * SHARE_OF_COST };
    });
  }

  get newest(): string | undefined {
    const line = linesIn(this.#last).at(-1);
    return line === undefined ? undefined : cut(line, NOTE_CHARACTERS).text;
  }

  /** The last lines, as many as fit. */
  get lastWords(): string {
    const text = linesIn(this.#last).join('\n');
    return text.slice(-NOTE_CHARACTERS * 2).toWellFormed();
  }
}

/** A carriage return begins the line anew, as progress bars have it. */
function linesIn(bytes: Buffer): string[] {
  return stripVTControlCharacters(whole(bytes).toString('utf8'))
    .split(/[\r\n]+/u)
    .map((line) => visible(line.trim()))
    .filter((line) => line !== '');
}

/** Without the rest of a character that was cut at the start, and the beginning of one that is still to come. */
function whole(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && isWithinCharacter(bytes[start])) {
    start += 1;
  }
  for (let back = 1; back <= 3; back += 1) {
    const byte = bytes.at(-back) ?? 0;
    if (!isWithinCharacter(byte)) {
      return bytes.subarray(start, lengthOf(byte) > back ? bytes.length - back : bytes.length);
    }
  }
  return bytes.subarray(start);
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}

/** The first bytes of characters of two, three and four. */
const STARTS = [0xc0, 0xe0, 0xf0];

/** In bytes, of the character that begins with this one. */
function lengthOf(byte: number): number {
  return STARTS.findLastIndex((start) => byte >= start) + 2;
}
