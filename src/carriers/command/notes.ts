/**
 * What a program writes to stderr: its newest line is its progress, and its last words say why it failed.
 */
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { cut } from '../../core/text.ts';
import type { Clock } from '../../core/ports/index.ts';
import { visible } from '../../core/untrusted.ts';
import { readSlowly } from './output.ts';

const NOTE_CHARACTERS = 500;
const LAST_BYTES = 4096;

export class Notes {
  #last = Buffer.alloc(0);

  constructor(stderr: Readable, clock: Clock, onNote: (note: string) => void) {
    readSlowly(stderr, clock, (chunk) => {
      this.#last = Buffer.concat([this.#last, chunk.subarray(-LAST_BYTES)]).subarray(-LAST_BYTES);
      const note = linesIn(chunk.subarray(-LAST_BYTES)).at(-1);
      if (note !== undefined) {
        onNote(cut(note, NOTE_CHARACTERS).text);
      }
    });
  }

  /** The last lines, as many as fit. */
  get lastWords(): string {
    const text = linesIn(this.#last).join('\n');
    return text.slice(-NOTE_CHARACTERS * 2).toWellFormed();
  }
}

/** A carriage return begins the line anew, as progress bars have it. */
function linesIn(bytes: Buffer): string[] {
  return stripVTControlCharacters(bytes.toString('utf8'))
    .split(/[\r\n]+/u)
    .map((line) => visible(line.trim()))
    .filter((line) => line !== '');
}
