/**
 * What clients and peers saw, written down by themselves, outside the product and outside every fault.
 *
 * A complaint is made against it: by a client that got another answer than it was promised, by a peer that was handed
 * what nobody gave, or by the oracle.
 */
import { createHash } from 'node:crypto';
import type { Assignment, Notice } from '../../src/core/ports/index.ts';
import type { Delivery } from '../../src/core/delegation/index.ts';
import type { World } from './world.ts';

/** As far as a client was told. */
export interface Accepted {
  id: string;
  key: number;
  caller: string;
  callee: string;
}

/** What one peer really did for one message id. */
export interface Execution {
  /** How often the work was begun. */
  count: number;
  delivery: Delivery;
  /** Under which epochs a text was given. */
  answers: Map<string, Set<number>>;
  failures: number;
}

export interface Complaint {
  invariant: string;
  what: string;
  step: number;
}

export class Ledger {
  readonly #world: World;
  readonly accepted = new Map<string, Accepted>();
  readonly executions = new Map<string, Execution>();
  /** Which notices told a reader of the ending of what. */
  readonly told = new Map<string, Set<string>>();
  /** Notices whose acknowledgement was confirmed, with the step of the confirmation. */
  readonly acknowledged = new Map<string, number>();
  /** Read by its caller before it was told, or perhaps so. */
  readonly collected = new Set<string>();
  readonly faults = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  readonly complaints: Complaint[] = [];
  readonly #keys = new Map<string, string>();
  readonly #keyOf = new Map<string, string>();
  readonly #versions = new Map<string, number>();
  readonly #epochs = new Map<string, number>();
  readonly #answered = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  complain(invariant: string, what: string): void {
    this.complaints.push({ invariant, what, step: this.#world.step });
    this.#world.say(`!! ${invariant}: ${what}`);
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  /** One id per key, however often and through whatever crash it is asked for; and one key per id. */
  keyed(key: string, id: string): void {
    const before = this.#keys.get(key) ?? id;
    if (before !== id) {
      this.complain('D4', `the key ${key} got ${before} and then ${id}`);
    }
    const other = this.#keyOf.get(id) ?? key;
    if (other !== key) {
      this.complain('D4', `the keys ${other} and ${key} both got ${id}`);
    }
    this.#keys.set(key, id);
    this.#keyOf.set(id, key);
  }

  /** Handed to a callee: each time under a higher epoch than before, and with the answer to what it had asked. */
  handed(assignment: Assignment): void {
    const { id, epoch } = assignment;
    const before = this.#epochs.get(id) ?? 0;
    if (epoch <= before) {
      this.complain('D6', `${id} was handed over under epoch ${epoch} after epoch ${before}`);
    }
    this.#epochs.set(id, Math.max(before, epoch));
    const knows = assignment.answer !== undefined || assignment.remoteTask !== undefined;
    if (this.#answered.has(id) && !knows) {
      this.complain('D7', `${id} was handed over without the answer that its caller gave`);
    }
  }

  /** Its caller was told that the question is answered. */
  answered(id: string): void {
    this.#answered.add(id);
  }

  /** It asks, and may not have been answered. */
  asks(id: string): void {
    this.#answered.delete(id);
  }

  begins({ id, delivery }: Assignment): void {
    const execution = this.#executionOf(id, delivery);
    execution.count += 1;
    if (delivery === 'at_most_once' && execution.count > 1) {
      this.complain('D6', `${id} is at_most_once and was begun ${execution.count} times`);
    }
  }

  fails({ id, delivery }: Assignment): void {
    this.#executionOf(id, delivery).failures += 1;
  }

  says(id: string, text: string, epoch: number): void {
    const { answers } = this.#executionOf(id, 'at_least_once');
    const whole = text.toWellFormed();
    answers.set(whole, (answers.get(whole) ?? new Set<number>()).add(epoch));
  }

  #executionOf(id: string, delivery: Delivery): Execution {
    const known = this.executions.get(id) ?? { count: 0, delivery, answers: new Map(), failures: 0 };
    this.executions.set(id, known);
    return known;
  }

  saw(id: string, version: number): void {
    const before = this.#versions.get(id) ?? 0;
    if (version < before) {
      this.complain('D14', `${id} went from version ${before} back to ${version}`);
    }
    this.#versions.set(id, Math.max(before, version));
  }

  /** A reader that asked at `step` was handed this. */
  reads(notice: Notice, about: string | undefined, step: number): void {
    const since = this.acknowledged.get(notice.id);
    if (since !== undefined && since < step) {
      this.complain('D7', `${notice.id} was told again after it was acknowledged`);
    }
    if (notice.kind === 'settled' && about !== undefined) {
      this.told.set(about, (this.told.get(about) ?? new Set<string>()).add(notice.id));
    }
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
