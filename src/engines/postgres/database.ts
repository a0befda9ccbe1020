/**
 * The connections of one process: one on which everything is written, and some on which everything is read.
 */
import { Connection, type ConnectionOptions } from './connection.ts';

export interface DatabaseOptions extends ConnectionOptions {
  readers: number;
}

export class Database {
  readonly writer: Connection;
  readonly #readers: Connection[];
  #turn = 0;

  constructor(options: DatabaseOptions) {
    this.writer = new Connection(options);
    this.#readers = Array.from({ length: options.readers }, () => new Connection(options));
  }

  /** Readers take turns. */
  get reader(): Connection {
    this.#turn = (this.#turn + 1) % this.#readers.length;
    return this.#readers[this.#turn] ?? this.writer;
  }

  async close(): Promise<void> {
    await Promise.all([this.writer, ...this.#readers].map((connection) => connection.close()));
  }
}
