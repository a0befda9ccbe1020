/**
 * The connections of one process: one on which everything is written, and some on which everything is read.
 */
import { Connection, type ConnectionOptions, type Listening } from './connection.ts';

export interface DatabaseOptions extends ConnectionOptions {
  readers: number;
}

export class Database {
  readonly writer: Connection;
  readonly #readers: Connection[];
  readonly #options: ConnectionOptions;
  #messenger: Connection | undefined;
  #turn = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.writer = new Connection(options);
    this.#readers = Array.from({ length: options.readers }, () => new Connection(options));
  }

  /** Readers take turns. */
  get reader(): Connection {
    this.#turn = (this.#turn + 1) % this.#readers.length;
    return this.#readers[this.#turn] ?? this.writer;
  }

  /** One more, beside those: for messages, which never wait behind a commit, nor a commit behind them. */
  listening(listening: Listening): Connection {
    this.#messenger = new Connection(this.#options, listening);
    return this.#messenger;
  }

  async close(): Promise<void> {
    await Promise.all(
      [this.writer, ...this.#readers, ...(this.#messenger === undefined ? [] : [this.#messenger])].map((connection) =>
        connection.close(),
      ),
    );
  }
}
