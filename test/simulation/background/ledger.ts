/**
 * What programs, hosts and functions saw, written down by themselves, outside the product and outside every fault.
 */
import type { Admission, Ending } from '../../../src/background/index.ts';
import type { Plan } from './plan.ts';

export type Rule =
  | 'one copy'
  | 'none lost'
  | 'caps'
  | 'bounded cancel'
  | 'no deadlock'
  | 'legal order'
  | 'only while idle'
  | 'nothing left'
  | 'refused never runs'
  | 'never twice'
  | 'settled once'
  | 'always listed'
  | 'own session'
  | 'right ending'
  | 'no fault';

export interface Entry {
  name: string;
  to: string;
  plan: Plan;
  session: string;
  /** The name of the one that delegated it. */
  parent: string | undefined;
  batch: string | undefined;
  id: string | undefined;
  admission: Admission | undefined;
  /** How often it was begun. */
  runs: number;
  /** Handed to somebody who waited for it. */
  taken: Ending[];
  /** Somebody waited when the process died: it may have been theirs. */
  isPerhapsTaken: boolean;
  /** In turns that were acknowledged, and whether one may have been. */
  told: number;
  isPerhapsTold: boolean;
}

export interface Moment {
  steady: number;
  /** Time for which nothing can be asked: nobody was there, or the store was away, or the clock was set back. */
  excused: number;
}

export class Ledger {
  readonly entries = new Map<string, Entry>();
  readonly byId = new Map<string, Entry>();
  readonly complaints: string[] = [];
  readonly faults = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  /** By the id of the task. */
  readonly settled = new Map<string, Moment & { status: string }>();
  readonly cancelled = new Map<string, Moment>();
  excused = 0;

  complain(rule: Rule, what: string): void {
    this.complaints.push(`${rule}: ${what}`);
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  /** Asked for; again by a run that begins anew it is the same. */
  enter(about: Pick<Entry, 'name' | 'to' | 'plan' | 'session' | 'parent' | 'batch'>): Entry {
    const known = this.entries.get(about.name);
    if (known !== undefined) {
      return known;
    }
    const entry: Entry = {
      ...about,
      ...{ id: undefined, admission: undefined, runs: 0, taken: [] },
      ...{ isPerhapsTaken: false, told: 0, isPerhapsTold: false },
    };
    this.entries.set(about.name, entry);
    return entry;
  }

  admitted(entry: Entry, id: string, admission: Admission): void {
    if (admission.kind === 'rejected') {
      this.refusals.set(admission.code, (this.refusals.get(admission.code) ?? 0) + 1);
      entry.admission ??= admission;
      return;
    }
    if (entry.id !== undefined && entry.id !== id) {
      this.complain('never twice', `${entry.name} is ${entry.id} and then ${id}`);
    }
    entry.admission = admission;
    this.knows(entry, id);
  }

  knows(entry: Entry, id: string): void {
    entry.id = id;
    this.byId.set(id, entry);
  }

  /** Those that were accepted from outside of any function. */
  get roots(): Entry[] {
    return [...this.entries.values()].filter(({ parent, admission }) => parent === undefined && isIn(admission));
  }

  below(name: string): Entry[] {
    return [...this.entries.values()].filter(({ parent }) => parent !== undefined && isUnder(this, parent, name));
  }
}

export function isIn(admission: Admission | undefined): boolean {
  return admission !== undefined && admission.kind !== 'rejected';
}

function isUnder(ledger: Ledger, name: string, top: string): boolean {
  const parent = name === top ? undefined : ledger.entries.get(name)?.parent;
  return name === top || (parent !== undefined && isUnder(ledger, parent, top));
}
