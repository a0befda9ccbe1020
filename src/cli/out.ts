/**
 * Where a command speaks: its answer on stdout, everything about it on stderr.
 *
 * With `--json` stdout holds one JSON document (or one per line, for what goes on), and nothing else, so that a
 * script never has to tell prose from data.
 */
import type { Fault } from './failure.ts';
import { harmless, paintFor, type Paint } from './paint.ts';

export class Out {
  readonly json: boolean;
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly #aside: Paint;

  constructor(json: boolean, environment: NodeJS.ProcessEnv = process.env) {
    this.json = json;
    this.isTerminal = process.stdout.isTTY && !json;
    this.paint = json ? (_colour, text) => text : paintFor(process.stdout, environment);
    this.#aside = paintFor(process.stderr, environment);
  }

  /** One answer in its two forms; the words are only made where they are read. */
  answer(document: unknown, words: () => string): void {
    if (this.json) {
      process.stdout.write(`${JSON.stringify(document, null, process.stdout.isTTY ? 2 : 0)}\n`);
    } else {
      const text = words();
      process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
    }
  }

  /** One of many: a line of words, or of JSON. */
  line(document: unknown, words: string): void {
    process.stdout.write(`${this.json ? JSON.stringify(document) : words}\n`);
  }

  /** Bytes as they are. */
  raw(text: string): void {
    process.stdout.write(text);
  }

  aside(words: string): void {
    process.stderr.write(`${this.#aside('dim', words)}\n`);
  }

  fail(fault: Fault): void {
    process.stderr.write(`${this.#aside('red', `${fault.code}:`)} ${harmless(fault.message)}\n`);
    if (fault.fix !== undefined) {
      process.stderr.write(`${harmless(fault.fix)}\n`);
    }
    if (this.json) {
      const { code, message: error, fix } = fault;
      const said = fault.answer ?? { error, code, ...(fix === undefined ? {} : { fix }) };
      process.stdout.write(`${JSON.stringify(said)}\n`);
    }
  }

  get columns(): number {
    return process.stdout.columns || 120;
  }

  get rows(): number {
    return process.stdout.rows || 40;
  }
}
