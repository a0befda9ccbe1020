/**
 * The host of a session: a program around a model that is busy with a prompt or with a turn, and idle in between.
 *
 * Its message list outlives the process, cut back to what is whole; a turn that it did not finish is not in it.
 */
import type { Background, Turn, TurnOptions } from '../../../src/background/index.ts';
import { ErrandError } from '../../../src/core/error.ts';
import { whole, wrongOrder, type Message } from './legal.ts';
import { readOn, type Reading } from './readers.ts';
import type { Stage } from './stage.ts';
import type { Tenure } from './tenure.ts';

/** Longer than what is handed over is kept for whoever has it, if it says nothing. */
const LONG_MS = 200_000;

export class Host {
  readonly session: string;
  readonly #stage: Stage;
  #messages: Message[] = [];
  #isBusy = false;
  #closed = new AbortController();
  #tenure: Tenure | undefined;
  #calls = 0;

  constructor(stage: Stage, session: string) {
    this.#stage = stage;
    this.session = session;
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  close(): void {
    this.#closed.abort();
  }

  /** In a process that has just begun. */
  attend(tenure: Tenure, door: Background): void {
    this.#messages = whole(this.#messages);
    this.#isBusy = false;
    this.#tenure = tenure;
    if (!this.isClosed) {
      const reader = {
        ...{ stage: this.#stage, tenure },
        turns: () => door.turns(this.session, this.#options(tenure)),
        isOver: () => this.isClosed,
        isMine: (session: string) => session === this.session,
      };
      void readOn({ ...reader, read: async (turn) => this.#read(turn, tenure, door) });
      if (this.#stage.dice.chance(0.4)) {
        void readOn({ ...reader, read: async (turn) => this.#look(turn, tenure, door) });
      }
    }
  }

  /** Somebody beside the model reads as well, and what one of them has the other has not. */
  async #look(turn: Turn, tenure: Tenure, door: Background): Promise<Reading> {
    const { ledger, dice, isHealed } = this.#stage;
    ledger.fault('two readers');
    await answerAll(this.#stage, { turn, tenure, door });
    await tenure.sleep(dice.below(dice.chance(0.2) ? LONG_MS : 2000));
    return !isHealed && dice.chance(0.1) ? 'again' : dice.pick(['on', 'acknowledged']);
  }

  /** The user says something, and the model calls tools because of it. */
  async prompt(tenure: Tenure, door: Background, calls: readonly (() => Promise<unknown>)[]): Promise<void> {
    this.#busy(door);
    this.#say({ role: 'user', text: 'a prompt' });
    await this.#time(tenure, 500);
    const names = calls.map(() => `call ${(this.#calls += 1)}`);
    this.#say({ role: 'assistant', calls: names });
    for (const [index, call] of calls.entries()) {
      await call();
      await this.#time(tenure, 1);
      this.#say({ role: 'tool', call: names[index] ?? '' });
    }
    await this.#time(tenure, 1500);
    this.#say({ role: 'assistant', calls: [] });
    this.#idle(door);
  }

  #options(tenure: Tenure): TurnOptions {
    const { dice, isHealed } = this.#stage;
    return {
      signal: this.#closed.signal,
      ...(dice.chance(0.3) && !isHealed ? { most: 1 + dice.below(3) } : {}),
      ...(dice.chance(0.3) ? { digestOver: 2 } : {}),
      ...(dice.chance(0.2) ? { whenIdle: async () => tenure.sleep(dice.below(600)) } : {}),
    };
  }

  async #read(turn: Turn, tenure: Tenure, door: Background): Promise<Reading> {
    const { ledger, dice, isHealed } = this.#stage;
    if (this.#isBusy) {
      ledger.complain('only while idle', `${this.session} is told while it is busy`);
    }
    const before = this.#messages.length;
    this.#busy(door);
    this.#say({ role: 'user', text: turn.text });
    await this.#time(tenure, 800);
    if (dice.chance(0.1)) {
      ledger.fault('turn held for long');
      await this.#time(tenure, LONG_MS);
    }
    const leaves = !isHealed && dice.chance(0.12);
    if (leaves) {
      // The model failed: what it was told is not in its history.
      this.#messages.length = before;
    } else {
      await answerAll(this.#stage, { turn, tenure, door });
      await this.#time(tenure, 1);
      this.#say({ role: 'assistant', calls: [] });
    }
    this.#idle(door);
    return leaves ? 'again' : dice.pick(['on', 'acknowledged']);
  }

  /** A host that has another process by now is nobody's any more. */
  async #time(tenure: Tenure, most: number): Promise<void> {
    await tenure.sleep(this.#stage.dice.below(most));
    if (this.#tenure !== tenure) {
      await new Promise<never>(() => {});
    }
  }

  #busy(door: Background): void {
    this.#isBusy = true;
    door.busy(this.session);
  }

  #idle(door: Background): void {
    this.#isBusy = false;
    door.idle(this.session);
  }

  #say(message: Message): void {
    this.#messages.push(message);
    const wrong = wrongOrder(this.#messages);
    if (wrong !== undefined) {
      this.#stage.ledger.complain('legal order', `${this.session}: ${wrong}`);
    }
  }
}

/** Whatever a turn asks is answered, however often that takes. */
export async function answerAll(
  stage: Stage,
  { turn, tenure, door }: { turn: Turn; tenure: Tenure; door: Background },
): Promise<void> {
  for (const { id, kind } of turn.tasks) {
    if (kind === 'asked') {
      stage.ledger.fault('question');
      while (!(await hasAnswered(door, id)) && !tenure.isClosing) {
        await tenure.sleep(300);
      }
    }
  }
}

async function hasAnswered(door: Background, id: string): Promise<boolean> {
  try {
    await door.handle(id).answer('yes');
    return true;
  } catch (error) {
    // Answered by somebody else, or ended meanwhile.
    return error instanceof ErrandError && error.code !== 'unavailable';
  }
}
