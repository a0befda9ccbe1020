/**
 * Carries batches out, one after the other, in the order in which they came.
 *
 * First over what is known, without asking; where that does not hold, under the row of `line`, which nobody else can
 * take meanwhile. A batch that the storage refuses is tried again command by command, so that one that cannot be
 * written never takes its neighbours along (E2). A batch whose connection broke is looked for by its mark.
 */
import { apply, newWork } from '../../core/apply/index.ts';
import type { Answer, Command, Commit } from '../../core/ports/index.ts';
import { ConnectionLost } from './connection-lost.ts';
import type { Connection } from './connection.ts';
import { fold } from './fold.ts';
import { load } from './load.ts';
import type { Needs } from './needs.ts';
import { Miss } from './miss.ts';
import { foresee } from './foresee.ts';
import type { Row } from './rows.ts';
import { Sheet } from './sheet.ts';
import { PostgresTransaction, type Place } from './transaction.ts';
import { write } from './write.ts';

interface WriterOptions extends Place {
  clock: { now(): number };
}

/** The row of `line` as this process saw it last. */
interface Line {
  tick: number;
  seq: number;
}

interface Tried {
  commit: Commit;
  tx: PostgresTransaction;
}

/** The line has moved on (1 / 0), or two wrote the same number in the log, or waited for each other. */
const OVERTAKEN: ReadonlySet<unknown> = new Set(['22012', '23505', '40P01', '40001']);
const ROUNDS_MAX = 1000;

export class Writer {
  readonly #connection: Connection;
  readonly #options: WriterOptions;
  #sheet = new Sheet();
  #line: Line | undefined;
  #mark = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, options: WriterOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async apply(commands: readonly Command[]): Promise<Commit> {
    const commit = this.#last.then(async () => this.#together(commands));
    this.#last = commit.catch(() => {
      // Whoever asked for it is told; the next one is carried out all the same.
    });
    return commit;
  }

  async close(): Promise<void> {
    await this.#last;
  }

  async #together(commands: readonly Command[]): Promise<Commit> {
    try {
      return await this.#carryOut(commands);
    } catch (error) {
      if (error instanceof ConnectionLost || commands.length === 1) {
        return faulty(commands, error);
      }
      const commits: Commit[] = [];
      for (const command of commands) {
        commits.push(await this.#together([command]));
      }
      return joined(commits);
    }
  }

  async #carryOut(commands: readonly Command[]): Promise<Commit> {
    if (this.#sheet.isFull) {
      this.#forget();
    }
    const tried = this.#line === undefined ? undefined : this.#try(commands, this.#line);
    // What changes nothing is not held against the line when it is sent, and might answer with what is long over.
    if (tried !== undefined && !(tried instanceof Miss) && !tried.tx.changes.isEmpty) {
      const written = await this.#send(tried, true);
      if (written) {
        return tried.commit;
      }
    }
    return this.#carefully(commands);
  }

  /** Runs the law over what is known; a miss says what else it needs. */
  #try(commands: readonly Command[], line: Line): Tried | Miss {
    const moment = { now: this.#options.clock.now(), lastSeq: line.seq };
    const tx = new PostgresTransaction(this.#options, this.#sheet, moment);
    const work = newWork(tx);
    try {
      const answers = commands.map((command) => apply(work, command));
      const { handovers, stops } = work;
      return { tx, commit: { answers, events: tx.events, handovers, stops, dueAt: tx.dueAt } };
    } catch (error) {
      if (error instanceof Miss) {
        return error;
      }
      throw error;
    }
  }

  async #carefully(commands: readonly Command[]): Promise<Commit> {
    try {
      const line = await this.#take();
      const tried = await this.#tryUntilKnown(commands, line);
      await this.#send(tried, false);
      return tried.commit;
    } catch (error) {
      this.#forget();
      if (!(error instanceof ConnectionLost)) {
        await this.#connection.control('rollback');
      }
      throw error;
    }
  }

  /** Begins a transaction with the row of `line`; what was known is forgotten where somebody else has written. */
  async #take(): Promise<Line> {
    const [, [row]] = await Promise.all([this.#connection.control('begin'), this.#connection.run('takeLine')]);
    const [tick, seq] = row as Row;
    const line = { tick: tick as number, seq: seq as number };
    if (this.#line?.tick !== line.tick) {
      this.#forget();
    }
    this.#line = line;
    return line;
  }

  async #tryUntilKnown(commands: readonly Command[], line: Line): Promise<Tried> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const needs = foresee(commands, this.#sheet);
      if (!needs.isEmpty) {
        await this.#load(needs);
        continue;
      }
      const tried = this.#try(commands, line);
      if (!(tried instanceof Miss)) {
        return tried;
      }
      await this.#load(tried.needs);
    }
    throw new Error(`A batch of ${commands.length} commands asked for more than could be read.`);
  }

  async #load(needs: Needs): Promise<void> {
    const now = this.#options.clock.now();
    await load({ connection: this.#connection, sheet: this.#sheet, needs, now });
  }

  /** True when it is written; false where somebody else was first. */
  async #send({ tx }: Tried, alone: boolean): Promise<boolean> {
    const line = this.#line ?? { tick: 0, seq: 0 };
    if (tx.changes.isEmpty) {
      await this.#connection.control('rollback');
      return true;
    }
    const next = { tick: line.tick + 1, seq: tx.lastSeq };
    this.#mark += 1;
    const { owner, limits } = this.#options;
    const about = { tick: line.tick, seq: tx.lastSeq, owner, mark: this.#mark, at: tx.now, limits };
    try {
      await Promise.all([
        write(this.#connection, tx.changes, about),
        ...(alone ? [] : [this.#connection.control('commit')]),
      ]);
    } catch (error) {
      return this.#refused(error, alone);
    }
    this.#line = next;
    fold(this.#sheet, tx.changes);
    return true;
  }

  async #refused(reason: unknown, alone: boolean): Promise<boolean> {
    this.#forget();
    if (reason instanceof ConnectionLost && (await this.#isMarked())) {
      return true;
    }
    if (alone && OVERTAKEN.has(codeOf(reason))) {
      return false;
    }
    throw reason;
  }

  /** The answer was lost with the connection: whether it was written, the mark says. */
  async #isMarked(): Promise<boolean> {
    const [row] = await this.#connection.run('markOf', [this.#options.owner]);
    return row !== undefined && row[0] === this.#mark;
  }

  #forget(): void {
    this.#sheet = new Sheet();
    this.#line = undefined;
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function faulty(commands: readonly Command[], cause: unknown): Commit {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const answers = commands.map((): Answer => ({ kind: 'fault', error }));
  return { answers, events: [], handovers: [], stops: [], dueAt: null };
}

function joined(commits: readonly Commit[]): Commit {
  const dueAts = commits.flatMap(({ dueAt }) => dueAt ?? []);
  return {
    answers: commits.flatMap(({ answers }) => answers),
    events: commits.flatMap(({ events }) => events),
    handovers: commits.flatMap(({ handovers }) => handovers),
    stops: commits.flatMap(({ stops }) => stops),
    dueAt: dueAts.length === 0 ? null : Math.min(...dueAts),
  };
}
