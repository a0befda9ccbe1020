/**
 * Tells the other processes of a commit, and hears of theirs: on a connection of its own, after the commit and never
 * in it (measured elsewhere: a NOTIFY inside the accepting transaction costs three quarters of the rate).
 *
 * Commits that come while a message is under way are told in one. Whoever misses a message finds out a second later:
 * each second a process says that it serves, and reads how far the log goes and what time it is. Where nobody else
 * serves, nothing is told.
 */
import type { Clock, Elsewhere, Timer } from '../../core/ports/index.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import type { Row } from './rows.ts';
import type { StoreClock } from './store-clock.ts';

const EVERY_MS = 1000;
const SERVES_MS = 3000;

interface MessengerOptions {
  clock: Pick<Clock, 'after'>;
  time: StoreClock;
  byDatabase: boolean;
  owner: string;
}

export class Messenger {
  readonly #connection: Connection;
  readonly #options: MessengerOptions;
  #heard: (news: Elsewhere) => void = () => {};
  #timer: Timer | undefined;
  #closed = false;
  #others = 0;
  #untold: Elsewhere | undefined;
  #telling: Promise<void> | undefined;

  constructor(database: Database, options: MessengerOptions) {
    this.#options = options;
    this.#connection = database.messenger;
    database.onMessage = (message) => this.#hear(message);
  }

  listen(heard: (news: Elsewhere) => void): void {
    this.#heard = heard;
    void this.#serve();
  }

  /** After a commit of this process. */
  tell(news: Elsewhere): void {
    if (this.#others === 0) {
      return;
    }
    this.#untold = this.#untold === undefined ? news : merged(this.#untold, news);
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  async lead(forMs: number): Promise<boolean> {
    return (await this.#connection.run('lead', [this.#options.owner, forMs])).length > 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#telling;
    // Its terms end with it, if the database answers; if not, they run out.
    await this.#connection.run('leave', [this.#options.owner]).catch(() => {});
  }

  async #tellAll(): Promise<void> {
    const { owner } = this.#options;
    for (let news = this.#untold; news !== undefined; news = this.#untold) {
      this.#untold = undefined;
      // A message that is lost is made up for by the next look of whoever should have heard it.
      await this.#connection.run('tell', [JSON.stringify({ by: owner, ...news })]).catch(() => {});
    }
  }

  #hear(message: string): void {
    const news = readNews(message);
    if (news !== undefined && news.by !== this.#options.owner) {
      this.#heard(news);
    }
  }

  async #serve(): Promise<void> {
    const { time, byDatabase, owner, clock } = this.#options;
    const askedAt = time.ownNow;
    try {
      const [row] = await this.#connection.run('serve', [owner, SERVES_MS]);
      const [now, seq, others] = row as Row as number[];
      if (byDatabase) {
        time.correct(now ?? 0, askedAt);
      }
      this.#others = others ?? 0;
      this.#heard({ seq: seq ?? 0, dueAt: null });
    } catch {
      // The database is away: whoever asks it for something is told so. Here the next look tries again.
      this.#others = 1;
    }
    if (!this.#closed) {
      this.#timer = clock.after(EVERY_MS, () => void this.#serve());
    }
  }
}

function merged(left: Elsewhere, right: Elsewhere): Elsewhere {
  const dueAts = [left.dueAt, right.dueAt].filter((at) => at !== null);
  return { seq: Math.max(left.seq, right.seq), dueAt: dueAts.length === 0 ? null : Math.min(...dueAts) };
}

/** Anybody with access to the database can send one: what is no message of ours is not heard. */
function readNews(message: string): (Elsewhere & { by: string }) | undefined {
  try {
    const { by, seq, dueAt } = JSON.parse(message) as Record<string, unknown>;
    return typeof by === 'string' && Number.isSafeInteger(seq) && (dueAt === null || Number.isSafeInteger(dueAt))
      ? { by, seq: seq as number, dueAt: dueAt as number | null }
      : undefined;
  } catch {
    return undefined;
  }
}
