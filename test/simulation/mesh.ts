/**
 * What stands between the platforms that share a store, and between each of them and the store: what one commits the
 * others hear of, sooner or later or not at all; the store is away from one of them; one of them stands still.
 *
 * It stands in for the messenger of an engine: besides what it is told, each platform looks once a second how far the
 * log goes (E16).
 */
import { ErrandError } from '../../src/core/error.ts';
import type { Answer, Command, Commit, Elsewhere, Engine } from '../../src/core/ports/index.ts';
import type { Life } from './life.ts';
import { TOO_LATE, type Stage } from './peers.ts';
import { BOUNDS } from './bounds.ts';

const LOOK_MS = 1000;
const STILL_SHARE = 0.003;
const UNANSWERED_SHARE = 0.008;
const HINT_LATE_MS = 5000;

type Heard = (news: Elsewhere) => void;

export class Mesh {
  readonly #stage: Stage;
  readonly #hearing = new Map<Life, Heard>();
  #leader: Life | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The store as one platform sees it, in one life. */
  seenBy(life: Life, engine: Engine): Engine {
    const own: Pick<Engine, 'apply' | 'lead' | 'onElsewhere' | 'now' | 'close'> = {
      apply: async (commands) => this.#apply(life, engine, commands),
      lead: async (forMs) => this.#lead(life, engine, forMs),
      onElsewhere: (heard) => this.#join(life, engine, heard),
      now: () => engine.now(),
      close: async () => engine.close(),
    };
    return new Proxy(engine, {
      get(target, name) {
        if (Object.hasOwn(own, name)) {
          return own[name as keyof typeof own];
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? reading(life, value as (...args: unknown[]) => unknown) : value;
      },
    });
  }

  /** Like a process that was stopped, for as long as leases matter. */
  standStill(life: Life): void {
    if (!life.alive) {
      return;
    }
    this.#stage.ledger.fault('platform that stands still');
    const ms = BOUNDS.leaseMs * (0.5 + this.#stage.world.dice.next() * 3.5);
    this.#stage.world.say(`stands still for ${Math.round(ms)}`);
    life.standStill(ms);
  }

  loseStore(life: Life): void {
    if (!life.alive) {
      return;
    }
    const ms = 100 + this.#stage.world.dice.below(10_000);
    this.#stage.world.say(`no store for ${ms}`);
    life.loseStore(ms);
  }

  async #apply(life: Life, engine: Engine, commands: readonly Command[]): Promise<Commit> {
    const { ledger } = this.#stage;
    await life.awake();
    if (life.isAway) {
      ledger.fault('store that is away');
      return unanswered(commands, 'The database does not answer; nothing was written.');
    }
    await this.#pause(life);
    const commit = await engine.apply(commands);
    this.#tell(life, { seq: commit.events.at(-1)?.seq ?? 0, dueAt: commit.dueAt });
    if (this.#happens(UNANSWERED_SHARE)) {
      ledger.fault('commit without an answer');
      this.loseStore(life);
      return unanswered(commands, 'The database went away in the middle; whether it was written is not known.');
    }
    await this.#pause(life);
    count(this.#stage, commit, commands);
    return commit;
  }

  async #lead(life: Life, engine: Engine, forMs: number): Promise<boolean> {
    await life.awake();
    failIfAway(life);
    const isLeading = await engine.lead(forMs);
    if (isLeading && this.#leader !== life) {
      if (this.#leader?.alive === true) {
        this.#stage.ledger.fault('term taken over');
      }
      this.#leader = life;
    }
    return isLeading;
  }

  async #pause(life: Life): Promise<void> {
    if (this.#happens(STILL_SHARE)) {
      this.standStill(life);
    }
    await life.awake();
  }

  #happens(share: number): boolean {
    return !this.#stage.healed && this.#stage.world.dice.chance(share);
  }

  #join(life: Life, engine: Engine, heard: Heard): void {
    this.#hearing.set(life, heard);
    const clock = this.#stage.world.clockOf(life);
    const hear: Heard = (news) => clock.soon(() => heard(news));
    engine.onElsewhere(engine.name === 'memory' ? () => {} : hear);
    const look = (): void => {
      clock.after(LOOK_MS, () => {
        if (!life.isAway) {
          void engine.lastSeq().then((seq) => hear({ seq, dueAt: null }));
        }
        look();
      });
    };
    look();
  }

  /** To each of the others by a way of its own. */
  #tell(from: Life, news: Elsewhere): void {
    for (const [life, heard] of this.#hearing) {
      if (!life.alive) {
        this.#hearing.delete(life);
      } else if (life !== from) {
        for (const afterMs of this.#waysOfAHint()) {
          this.#stage.world.clockOf(life).after(afterMs, () => {
            if (!life.isAway) {
              heard(news);
            }
          });
        }
      }
    }
  }

  #waysOfAHint(): number[] {
    const { world, ledger, healed } = this.#stage;
    const soon = 1 + world.dice.below(20);
    const chance = healed ? 1 : world.dice.next();
    if (chance < 0.1) {
      ledger.fault('hint that is lost');
      return [];
    }
    if (chance < 0.2) {
      ledger.fault('hint that comes late');
      return [soon + world.dice.below(HINT_LATE_MS)];
    }
    if (chance < 0.3) {
      ledger.fault('hint that comes twice');
      return [soon, soon + world.dice.below(HINT_LATE_MS)];
    }
    return [soon];
  }
}

/** Writes that were refused because somebody else had taken over. */
function count({ ledger }: Stage, commit: Commit, commands: readonly Command[]): void {
  for (const [index, answer] of commit.answers.entries()) {
    const command = commands[index];
    const isPlanned = command?.type === 'complete' && command.result.text === TOO_LATE;
    if (answer.kind === 'late' && !isPlanned) {
      ledger.fault(answer.why === 'stale_epoch' ? 'fenced write' : 'write after the ending');
    }
  }
}

function reading(life: Life, read: (...args: unknown[]) => unknown) {
  return async (...args: unknown[]): Promise<unknown> => {
    await life.awake();
    failIfAway(life);
    const found = await read(...args);
    await life.awake();
    return found;
  };
}

function failIfAway(life: Life): void {
  if (life.isAway) {
    throw away('The database does not answer.');
  }
}

function unanswered(commands: readonly Command[], message: string): Commit {
  const answers = commands.map((): Answer => ({ kind: 'fault', error: away(message) }));
  return { answers, events: [], handovers: [], stops: [], dueAt: null };
}

function away(message: string): ErrandError {
  return new ErrandError({ code: 'unavailable', message, retryAfterMs: 1000 });
}
