/**
 * Carries batches out in the order in which they came.
 *
 * A batch departs over what is known, without asking, and the next one may depart before it has arrived, as if it had:
 * its statement is refused where the one before it was (`moveLine`). Where something is not known, or somebody else
 * has written, a batch is carried out under the row of `line`, which nobody else can take meanwhile, and alone. One
 * that the storage refuses is tried again command by command, so that one that cannot be written never takes its
 * neighbours along (E2). One whose connection broke is looked for by its mark (E19).
 */
import { apply, newWork } from '../../core/apply/index.ts';
import type { Answer, Command, Commit } from '../../core/ports/index.ts';
import type { Connection } from './connection.ts';
import { fold } from './fold.ts';
import { foresee } from './foresee.ts';
import { load } from './load.ts';
import { Miss } from './miss.ts';
import type { Needs } from './needs.ts';
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

/** The row of `line` as this process knows it. */
interface Line {
  tick: number;
  seq: number;
  key: number;
  /** Who moved it last. */
  owner: string;
}

interface Tried {
  commit: Commit;
  tx: PostgresTransaction;
}

/** A batch that was sent over what was known. */
interface Flight {
  commit: Commit;
  sent: Promise<void>;
  mark: number;
  known: object;
}

/** The line has moved on (1 / 0), or two wrote the same number in the log, or waited for each other. */
const OVERTAKEN: ReadonlySet<unknown> = new Set(['22012', '23505', '40P01', '40001']);
const ROUNDS_MAX = 1000;
/** A process whose time is further off than this does not commit by it; far less than a lease. */
const OFF_MS_MAX = 2000;

export class Writer {
  readonly #connection: Connection;
  readonly #options: WriterOptions;
  /** Replaced, not emptied, when it does not hold any more: what departed over the old one is told apart by it. */
  #sheet = new Sheet();
  #line: Line | undefined;
  #mark = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** What has not been answered yet; undefined for a batch that waits to be carried out alone. */
  readonly #pending: (Flight | undefined)[] = [];
  /** How far the marks had come when a connection broke, by what was known then. */
  readonly #marks = new WeakMap<object, Promise<number>>();

  constructor(connection: Connection, options: WriterOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async apply(commands: readonly Command[]): Promise<Commit> {
    const flight = this.#depart(commands);
    this.#pending.push(flight);
    const commit = this.#last
      .then(async () => (flight === undefined ? this.#together(commands) : this.#arrive(flight, commands)))
      .finally(() => this.#pending.shift());
    this.#last = commit.catch(() => {
      // Whoever asked for it is told; the next one is carried out all the same.
    });
    return commit;
  }

  async close(): Promise<void> {
    await this.#last;
  }

  /** Undefined where it has to wait: for what is not known, or behind one that waits or was refused. */
  #depart(commands: readonly Command[]): Flight | undefined {
    if (this.#sheet.isFull) {
      this.#forget();
    }
    const line = this.#line;
    if (line === undefined || !this.#pending.every((flight) => flight?.known === this.#sheet)) {
      return undefined;
    }
    const tried = this.#tryAhead(commands, line);
    // What changes nothing is not held against the line when it is sent, and might answer with what is long over.
    if (tried === undefined || tried.tx.changes.isEmpty) {
      return undefined;
    }
    const sent = this.#send(tried, line);
    sent.catch(() => {
      // It is looked at when its turn comes.
    });
    this.#fold(tried);
    return { commit: tried.commit, sent, mark: this.#mark, known: this.#sheet };
  }

  /** What is not known, and what the law cannot carry out, shows again when the batch is alone, and is answered there. */
  #tryAhead(commands: readonly Command[], line: Line): Tried | undefined {
    try {
      const tried = this.#try(commands, line);
      return tried instanceof Miss ? undefined : tried;
    } catch {
      return undefined;
    }
  }

  async #arrive(flight: Flight, commands: readonly Command[]): Promise<Commit> {
    try {
      await flight.sent;
      return flight.commit;
    } catch (error) {
      if (flight.known === this.#sheet) {
        this.#forget();
      }
      if (error instanceof Unavailable && error.how !== 'lost') {
        return faulty(commands, error);
      }
      if (error instanceof Unavailable) {
        return this.#afterLoss(flight, commands);
      }
      return this.#together(commands);
    }
  }

  /** Its answer was lost with the connection: whether it was written, the mark says. */
  async #afterLoss(flight: Flight, commands: readonly Command[]): Promise<Commit> {
    const reached = this.#marks.get(flight.known) ?? this.#readMark();
    this.#marks.set(flight.known, reached);
    try {
      return (await reached) >= flight.mark ? flight.commit : await this.#together(commands);
    } catch (error) {
      return faulty(commands, error);
    }
  }

  async #together(commands: readonly Command[]): Promise<Commit> {
    try {
      return await this.#carefully(commands);
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

  /** Once more on a new connection, where the one it had broke before anything was written; or by the right time. */
  async #carefully(commands: readonly Command[]): Promise<Commit> {
    try {
      return await this.#underLock(commands);
    } catch (error) {
      if ((error instanceof Unavailable && error.how === 'lost') || OVERTAKEN.has(codeOf(error))) {
        return this.#underLock(commands);
      }
      throw error;
    }
  }

  async #underLock(commands: readonly Command[]): Promise<Commit> {
    try {
      const line = await this.#take();
      const tried = await this.#tryUntilKnown(commands, line);
      if (tried.tx.changes.isEmpty) {
        // A list is true for one batch: what was leased then may be free by now.
        this.#sheet.forgetLists();
        await this.#connection.control('rollback');
        return tried.commit;
      }
      await this.#commit(tried, line);
      this.#fold(tried);
      return tried.commit;
    } catch (error) {
      this.#forget();
      if (!(error instanceof Unavailable) || error.how === 'busy') {
        await this.#connection.control('rollback');
      }
      throw error;
    }
  }

  async #commit(tried: Tried, line: Line): Promise<void> {
    try {
      await Promise.all([this.#send(tried, line), this.#connection.control('commit')]);
    } catch (error) {
      const isLost = error instanceof Unavailable && error.how === 'lost';
      if (!isLost || (await this.#readMark()) < this.#mark) {
        throw error;
      }
    }
  }

  /** Begins a transaction with the row of `line`; what was known is forgotten where somebody else has written. */
  async #take(): Promise<Line> {
    const { time, byDatabase } = this.#options;
    const [, [row]] = await Promise.all([this.#connection.control('begin'), this.#connection.run('takeLine')]);
    const [tick, seq, key, owner, now] = row as Row as [number, number, number, string, number];
    if (byDatabase) {
      time.correct(now, time.ownNow);
    }
    const line = { tick, seq, key, owner };
    if (this.#line?.tick !== tick || this.#line.owner !== owner) {
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

  /** Runs the law over what is known; a miss says what else it needs. */
  #try(commands: readonly Command[], line: Line): Tried | Miss {
    const moment = { now: this.#options.time.now(), lastSeq: line.seq, lastKey: line.key };
    const tx = new PostgresTransaction(this.#options, this.#sheet, moment);
    const work = newWork(tx);
    try {
      const answers = commands.map((command) => apply(work, command));
      const handovers = work.handovers.map(({ delegation }) => tx.handover(delegation));
      return { tx, commit: { answers, events: tx.events, handovers, stops: work.stops, dueAt: tx.dueAt } };
    } catch (error) {
      if (error instanceof Miss) {
        return error;
      }
      throw error;
    }
  }

  async #send({ tx }: Tried, line: Line): Promise<void> {
    this.#mark += 1;
    const { owner, limits, byDatabase } = this.#options;
    await write(this.#connection, tx.changes, {
      after: { tick: line.tick, owner: line.owner },
      ...{ seq: tx.lastSeq, key: tx.lastKey, owner, mark: this.#mark, at: tx.now, limits },
      offMsMax: byDatabase ? OFF_MS_MAX : Number.MAX_SAFE_INTEGER,
    });
  }

  /** What it changed is known from now on, and where it left the line. */
  #fold({ tx }: Tried): void {
    fold(this.#sheet, tx.changes);
    const { tick = 0 } = this.#line ?? {};
    this.#line = { tick: tick + 1, seq: tx.lastSeq, key: tx.lastKey, owner: this.#options.owner };
  }

  /**
   * Read under the row of `line`, because the session that was cut off may still be at it; and what of it has not come
   * yet is shut out, or it would be made after it was found not to be there (E19).
   */
  async #readMark(): Promise<number> {
    const connection = this.#connection;
    const { owner } = this.#options;
    try {
      const answers = await Promise.all([
        connection.control('begin'),
        connection.run('takeLine'),
        connection.run('markOf', [owner]),
        connection.run('passLine', [owner, this.#mark]),
        connection.control('commit'),
      ]);
      return (answers[2][0]?.[0] as number | undefined) ?? 0;
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
