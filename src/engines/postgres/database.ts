/**
 * The connections of one process: one on which everything is written, some on which everything is read, one for
 * messages, one for the bytes of files; each under the role that is meant for it (E20), none as the owner of the tables.
 */
import type { Clock } from '../../core/ports/index.ts';
import { Connection, type ConnectionOptions } from './connection.ts';

export interface DatabaseOptions extends ConnectionOptions {
  readers: number;
}

/** What is read, and for whom. */
export interface View {
  database: Database;
  org: string;
  clock: Pick<Clock, 'soon'>;
}

/** Everything, for the platform itself. */
export const EVERYBODY = '*';
/**
 * Everything here is found by a key or by the head of an index. A plan is kept from when it was first made, and may
 * have been made when a table was small: reading the whole of it stays in the plan until statistics are gathered anew
 * (measured: a commit of 64 commands cost twice as much after 30,000 delegations; now it costs the same). And a plan
 * is made once: made for every read of one row anew it took three quarters of the time of the reads.
 */
const BY_INDEX =
  'SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; ' +
  'SET plan_cache_mode = force_generic_plan';
const READS = `SET ROLE errand_reader; ${BY_INDEX}`;
const WRITES = `SET ROLE errand_writer; ${BY_INDEX}`;
/** None of what is said there is worth waiting for the disk. */
const TELLS = `${WRITES}; SET synchronous_commit = off; LISTEN errand`;

export class Database {
  readonly writer: Connection;
  readonly messenger: Connection;
  /** Long writes that no commit waits for. */
  readonly files: Connection;
  /** Told of what comes on the messenger's connection. */
  onMessage: (message: string) => void = () => {};
  readonly #readers: Connection[];
  #turn = 0;

  constructor(options: DatabaseOptions) {
    this.writer = new Connection(options, { greeting: WRITES });
    this.files = new Connection(options, { greeting: WRITES });
    this.#readers = Array.from({ length: options.readers }, () => new Connection(options, { greeting: READS }));
    this.messenger = new Connection(options, { greeting: TELLS, onMessage: (message) => this.onMessage(message) });
  }

  /** Readers take turns. */
  get reader(): Connection {
    this.#turn = (this.#turn + 1) % this.#readers.length;
    return this.#readers[this.#turn] ?? this.writer;
  }

  async close(): Promise<void> {
    const all = [this.writer, this.files, this.messenger, ...this.#readers];
    await Promise.all(all.map((connection) => connection.close()));
  }
}
