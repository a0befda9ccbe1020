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

  saw(id: string, version: number): void {
    const before = this.versions.get(id) ?? 0;
    if (version < before) {
      this.complain('D14', `${id} went from version ${before} back to ${version}`);
    }
    this.versions.set(id, Math.max(before, version));
  }
}
