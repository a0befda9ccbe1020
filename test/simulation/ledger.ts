/**
 * What clients and peers saw, written down by themselves, outside the product and outside every fault.
 */
import type { Status } from '../../src/core/delegation/index.ts';

export interface Accepted {
  id: string;
  key: number;
  caller: string;
  callee: string;
  conversation: string | null;
  batch: string | null;
  deadlineAt: number;
  cancelled: boolean;
}

export interface Execution {
  id: string;
  count: number;
  answers: Set<string>;
  failures: number;
}

export interface Delivery {
  id: string;
  epoch: number;
  signal: AbortSignal;
  life: { alive: boolean };
}

export class Ledger {
  /** Accepted as far as a client was told. */
  readonly accepted = new Map<string, Accepted>();
  /** Which id a client was given for a key; a second answer must be the same. */
  readonly byKey = new Map<string, string>();
  readonly executions = new Map<string, Execution>();
  readonly notices = new Map<string, Set<string>>();
  readonly acknowledged = new Set<string>();
  readonly faults = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  readonly versions = new Map<string, number>();
  readonly complaints: string[] = [];
  /** What a carrier was asked to deliver and has not answered yet. */
  readonly deliveries = new Set<Delivery>();
  readonly #handedOver = new Set<string>();
  readonly endings = new Map<string, Status>();

  complain(invariant: string, what: string): void {
    this.complaints.push(`${invariant}: ${what}`);
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  /** One id per key, however often and through whatever crash it is asked for. */
  keyed(key: string, id: string): void {
    const before = this.byKey.get(key);
    if (before !== undefined && before !== id) {
      this.complain('D4', `the key ${key} got ${before} and then ${id}`);
    }
    this.byKey.set(key, id);
  }

  execute(id: string): Execution {
    const known = this.executions.get(id) ?? { id, count: 0, answers: new Set<string>(), failures: 0 };
    known.count += 1;
    this.executions.set(id, known);
    return known;
  }

  /** Whoever hands over under an epoch is the only one that does. */
  handOver(delivery: Delivery): void {
    const name = `${delivery.id} under epoch ${delivery.epoch}`;
    if (this.#handedOver.has(name)) {
      this.complain('D6', `${name} is handed over twice`);
    }
    this.#handedOver.add(name);
    this.deliveries.add(delivery);
  }

  /** The version that some reader has seen; whoever begins to read now sees none that is older. */
  versionOf(id: string | undefined): number {
    return this.versions.get(id ?? '') ?? 0;
  }

  saw(id: string, version: number, before: number): void {
    if (version < before) {
      this.complain('D14', `${id} went from version ${before} back to ${version}`);
    }
    this.versions.set(id, Math.max(this.versionOf(id), version));
  }
}
