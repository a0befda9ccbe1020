/**
 * What programs, hosts and functions saw, written down by themselves, outside the product and outside every fault.
 */
import type { Admission, Asking, Ending } from '../../../src/background/index.ts';
import type { Budget } from '../../../src/core/delegation/index.ts';
import type { CalleeName, Plan } from './plan.ts';

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
  | 'no fault'
  | 'budget'
  | 'queue'
  | 'typed'
  | 'one key'
  | 'enough endings'
  | 'what became'
  | 'bounded shutdown'
  | 'let go'
  | 'on time'
  | 'in order'
  | 'goes on'
  | 'as written';

export interface Entry {
  name: string;
  to: CalleeName;
  plan: Plan;
  session: string;
  /** The name of the one that delegated it. */
  parent: string | undefined;
  batch: string | undefined;
  budget: Budget | undefined;
  conversation: string | undefined;
  startAt: number | undefined;
  /** How often the clock had been set back when it was asked for. */
  setBack: number;
  /** As it was asked for, where it has a key and may be asked for again. */
  asking: Asking | undefined;
  /** It may have been refused once and accepted once. */
  isAskedTwice: boolean;
  id: string | undefined;
  admission: Admission | undefined;
  /** The last one that it kept. */
  checkpoint: string | undefined;
  /** How often it was begun. */
  runs: number;
  /** Handed to somebody who waited for it. */
  taken: Ending[];
  /** Somebody waited when the process died: it may have been theirs. */
  isPerhapsTaken: boolean;
  /** Who has it in a turn, and has not said that it was read. */
  inHand: object | undefined;
  /** In turns that were acknowledged, and whether one may have been. */
  told: number;
  isPerhapsTold: boolean;
}

type About = Pick<Entry, 'name' | 'to' | 'plan' | 'session' | 'parent' | 'batch' | 'budget'>;

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
  /** Is there a task of this id in the store? */
  isKept: (id: string) => boolean = () => false;
  excused = 0;
  setBack = 0;

  complain(rule: Rule, what: string): void {
    this.complaints.push(`${rule}: ${what}`);
  }

  /** The first time that it was told to. */
  asksToStop(id: string, steady: number): void {
    if (!this.cancelled.has(id)) {
      this.cancelled.set(id, { steady, excused: this.excused });
    }
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  /** Asked for; again by a run that begins anew it is the same. */
  enter(about: About): Entry {
    const known = this.entries.get(about.name);
    if (known !== undefined) {
      known.admission = isIn(known.admission) ? known.admission : undefined;
      return known;
    }
    const entry: Entry = {
      ...about,
      ...{
        conversation: undefined,
        startAt: undefined,
        setBack: this.setBack,
        asking: undefined,
        isAskedTwice: false,
        checkpoint: undefined,
      },
      ...{ id: undefined, admission: undefined, runs: 0, taken: [], inHand: undefined },
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
    if (entry.id !== undefined && entry.id !== id && this.isKept(entry.id)) {
      this.complain('one key', `${entry.name} is ${entry.id} and then ${id}`);
    }
    entry.admission = admission;
    this.knows(entry, id);
  }

  keeps(id: string, checkpoint: string | undefined): void {
    const entry = this.byId.get(id);
    if (entry !== undefined) {
      entry.checkpoint = checkpoint;
    }
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
