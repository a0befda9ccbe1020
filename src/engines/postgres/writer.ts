/**
 * Carries batches out, one after the other, in the order in which they came.
 *
 * First over what is known, without asking; where that does not hold, under the row of `line`, which nobody else can
 * take meanwhile. A batch that the storage refuses is tried again command by command, so that one that cannot be
 * written never takes its neighbours along (E2). A batch whose connection broke is looked for by its mark.
 */
import { apply, newWork } from '../../core/apply/index.ts';
import type { Answer, Command, Commit } from '../../core/ports/index.ts';
import type { Connection } from './connection.ts';
import { fold } from './fold.ts';
import { load } from './load.ts';
import type { Needs } from './needs.ts';
import { Miss } from './miss.ts';
import { foresee } from './foresee.ts';
import type { Row } from './rows.ts';
import { Sheet } from './sheet.ts';
import type { StoreClock } from './store-clock.ts';
import { PostgresTransaction, type Place } from './transaction.ts';
import { Unavailable } from './unavailable.ts';
import { write } from './write.ts';

interface WriterOptions extends Place {
  time: StoreClock;
  byDatabase: boolean;
}

/** The row of `line` as this process saw it last. */
interface Line {
  tick: number;
  seq: number;
  key: number;
}

interface Tried {
  commit: Commit;
  tx: PostgresTransaction;
}

/** The line has moved on (1 / 0), or two wrote the same number in the log, or waited for each other. */
const OVERTAKEN: ReadonlySet<unknown> = new Set(['22012', '23505', '40P01', '40001']);
const ROUNDS_MAX = 1000;
/** A process whose time is further off than this does not commit by it; far less than a lease. */
const OFF_MS_MAX = 2000;

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
      if (error instanceof Unavailable || commands.length === 1) {
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
    const moment = { now: this.#options.time.now(), lastSeq: line.seq, lastKey: line.key };
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

  /** Once more on a new connection, where the one it had broke before anything was written. */
  async #carefully(commands: readonly Command[]): Promise<Commit> {
    try {
      return await this.#underLock(commands);
    } catch (error) {
      if (error instanceof Unavailable && error.how === 'lost') {
        return this.#underLock(commands);
      }
      throw error;
    }
  }

  async #underLock(commands: readonly Command[]): Promise<Commit> {
    try {
      const line = await this.#take();
      const tried = await this.#tryUntilKnown(commands, line);
      await this.#send(tried, false);
      return tried.commit;
    } catch (error) {
      this.#forget();
      if (!(error instanceof Unavailable) || error.how === 'busy') {
        await this.#connection.control('rollback');
      }
      throw error;
    }
  }

  /** Begins a transaction with the row of `line`; what was known is forgotten where somebody else has written. */
  async #take(): Promise<Line> {
    const { time, byDatabase } = this.#options;
    const [, [row]] = await Promise.all([this.#connection.control('begin'), this.#connection.run('takeLine')]);
    const [tick, seq, key, now] = row as Row as [number, number, number, number];
    if (byDatabase) {
      time.correct(now, time.ownNow);
    }
    const line = { tick, seq, key };
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
    const now = this.#options.time.now();
    await load({ connection: this.#connection, sheet: this.#sheet, needs, now });
  }

  /** True when it is written; false where somebody else was first. */
  async #send({ tx }: Tried, alone: boolean): Promise<boolean> {
    const line = this.#line ?? { tick: 0, seq: 0, key: 0 };
    if (tx.changes.isEmpty) {
      await this.#connection.control('rollback');
      return true;
    }
    const next = { tick: line.tick + 1, seq: tx.lastSeq, key: tx.lastKey };
    this.#mark += 1;
    const { owner, limits, byDatabase } = this.#options;
    const offMsMax = byDatabase ? OFF_MS_MAX : Number.MAX_SAFE_INTEGER;
    const about = { ...next, tick: line.tick, owner, mark: this.#mark, at: tx.now, offMsMax, limits };
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
    const lost = reason instanceof Unavailable && reason.how === 'lost';
    if (lost && (await this.#isMarked())) {
      return true;
    }
    if (alone && (lost || OVERTAKEN.has(codeOf(reason)))) {
      return false;
    }
    throw reason;
  }

  /**
   * The answer was lost with the connection: whether it was written, the mark says. It is read under the row of
   * `line`, because the session that was cut off may still be at it.
   */
  async #isMarked(): Promise<boolean> {
    const connection = this.#connection;
    try {
      const answers = await Promise.all([
        connection.control('begin'),
        connection.run('takeLine'),
        connection.run('markOf', [this.#options.owner]),
        connection.control('rollback'),
      ]);
      return answers[2][0]?.[0] === this.#mark;
    } catch (error) {
      throw new Unavailable('unknown', error);
    }
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
