/**
 * Scripted peers: they answer, stall, refuse, ask, forget and repeat themselves as the dice say, and write down what they
 * really did. They are somewhere else: what happens to the platform does not stop them.
 *
 * A peer that remembers does nothing twice under one message id. One of them forgets, as a peer that was restarted does.
 */
import type { Assignment } from '../../src/core/ports/index.ts';
import { complete } from '../../src/flow/index.ts';
import type { Safely, Stage } from './stage.ts';

export type Manner = 'answer' | 'chatter' | 'fail' | 'reject' | 'ask' | 'hang' | 'large' | 'lose';

const MANNERS: readonly Manner[] = [
  'answer',
  'answer',
  'answer',
  'answer',
  'answer',
  'chatter',
  'fail',
  'reject',
  'ask',
  'ask',
  'hang',
  'large',
  'lose',
];

export const FORGETFUL = 'w3';

export interface Task {
  id: string;
  name: string;
  callee: string;
  state: 'working' | 'asked' | 'completed' | 'failed' | 'cancelled';
  manner: Manner;
  text: string;
  /** Its next answer gets lost on the way. */
  losesNext: boolean;
  onChange: (() => void)[];
  onStep: (() => void)[];
}

export class Peers {
  readonly #stage: Stage;
  readonly #safely: Safely;
  readonly #tasks = new Map<string, Task>();

  constructor(stage: Stage, safely: Safely) {
    this.#stage = stage;
    this.#safely = safely;
  }

  /** By message id, as long as the peer has it. */
  find(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** A message arrives. Whoever has it already goes on with it. */
  receive(assignment: Assignment): Task {
    const known = this.#tasks.get(assignment.id);
    if (known?.state === 'asked' && assignment.answer !== undefined) {
      known.state = 'working';
      this.#safely(this.#work(known, assignment));
      return known;
    }
    if (known !== undefined) {
      this.#stage.ledger.fault('message that arrives twice');
      return known;
    }
    const task = this.#newTask(assignment);
    this.#tasks.set(task.id, task);
    this.#stage.ledger.begins(assignment);
    this.#stage.onWork(assignment);
    this.#safely(this.#work(task, assignment));
    return task;
  }

  /** It is told to stop; now and then it does, and says so. */
  stop(task: Task): boolean {
    if (task.state !== 'working' && task.state !== 'asked') {
      return false;
    }
    if (this.#stage.world.dice.chance(0.5)) {
      return false;
    }
    changed(task, 'cancelled');
    return true;
  }

  /** It was restarted and remembers nothing. */
  forget(): void {
    const lost = [...this.#tasks.values()].filter(({ callee }) => callee === FORGETFUL);
    for (const task of lost) {
      this.#tasks.delete(task.id);
      changed(task, 'failed');
    }
    if (lost.length > 0) {
      this.#stage.ledger.fault('peer that forgets');
    }
  }

  #newTask(assignment: Assignment): Task {
    const { world, healed } = this.#stage;
    const manner = healed ? 'answer' : world.dice.pick(MANNERS);
    world.say(`peer ${assignment.callee.id} begins ${assignment.id}: ${manner}, epoch ${assignment.epoch}`);
    return {
      id: assignment.id,
      name: `remote-${assignment.id}`,
      callee: assignment.callee.id,
      state: 'working',
      manner: manner === 'ask' && assignment.answer !== undefined ? 'answer' : manner,
      text: '',
      losesNext: manner === 'lose',
      onChange: [],
      onStep: [],
    };
  }

  async #work(task: Task, assignment: Assignment): Promise<void> {
    const { world, ledger } = this.#stage;
    await world.sleep(world.dice.below(2000));
    if (!this.#stage.healed && world.dice.chance(0.01)) {
      this.#stage.kill('crash in the middle of a delivery');
    }
    if (task.manner === 'chatter') {
      ledger.fault('progress flood');
      for (let index = 0; index < 20; index += 1) {
        for (const tell of task.onStep) {
          tell();
        }
      }
    }
    if (task.state === 'cancelled') {
      return;
    }
    if (task.manner === 'hang') {
      ledger.fault('peer that never answers');
    } else if (task.manner === 'fail' || task.manner === 'reject') {
      ledger.fails(assignment);
      changed(task, 'failed');
    } else if (task.manner === 'ask' && assignment.answer === undefined) {
      ledger.fault('question');
      changed(task, 'asked');
    } else {
      task.text = this.#textOf(task, assignment);
      ledger.says(task.id, task.text, assignment.epoch);
      changed(task, 'completed');
      this.#sayAgain(task, assignment);
    }
  }

  #textOf(task: Task, { epoch }: Assignment): string {
    const { dice } = this.#stage.world;
    const suffix = task.callee === FORGETFUL ? ` (epoch ${epoch})` : '';
    if (task.manner === 'large') {
      return 'x'.repeat(5000);
    }
    return answerTo(task.id, dice.below(5)) + suffix;
  }

  /** The same answer comes once more by another way, long after or at once. */
  #sayAgain(task: Task, assignment: Assignment): void {
    const { world, ledger, call, healed } = this.#stage;
    if (!healed && world.dice.chance(0.15) && task.manner !== 'large') {
      world.at(world.dice.below(6000), () => {
        ledger.fault('duplicated answer');
        const working = {
          ref: { key: assignment.key, id: task.id },
          epoch: assignment.epoch,
          actor: assignment.callee.id,
        };
        this.#safely(call(async (line) => complete(line, working, { text: task.text })));
      });
    }
  }
}

export function changed(task: Task, state: Task['state']): void {
  task.state = state;
  for (const tell of task.onChange.splice(0)) {
    tell();
  }
}

/** Of every kind: short, empty, in many scripts, with halves of characters, with what text must not hold. */
export function answerTo(id: string, kind: number): string {
  switch (kind) {
    case 0:
      return `${id}: ${'ja 好 🎉 '.repeat(20)}`;
    case 1:
      return '';
    case 2:
      return `${id} half \ud83c of one, and \u0000 nothing \u202e back`;
    default:
      return `the answer to ${id}`;
  }
}
