/**
 * What has to hold whenever a callee begins with a task, whoever it is: a function, or a peer that was sent it.
 */
import type { Entry } from './ledger.ts';
import { CALLEES, type Plan } from './plan.ts';
import type { Stage } from './stage.ts';

export function begin(stage: Stage, plan: Plan, id: string): Entry {
  const { ledger } = stage;
  const entry = ledger.entries.get(plan.name);
  if (entry === undefined) {
    throw new Error(`Nobody asked for ${plan.name}.`);
  }
  entry.runs += 1;
  ledger.knows(entry, id);
  if (entry.runs > 1 && CALLEES[entry.to].recovery === 'unknown') {
    ledger.complain('never twice', `${plan.name} runs again at ${entry.to}`);
  }
  // Asked for again under its key, it may have been refused once and accepted once.
  if (entry.admission?.kind === 'rejected' && !entry.isAskedTwice) {
    ledger.complain('refused never runs', `${plan.name} was refused with ${entry.admission.code}, and runs`);
  }
  if (ledger.settled.has(id)) {
    ledger.complain('settled once', `${plan.name} begins after its end`);
  }
  judgeTime(stage, entry);
  judgeOrder(stage, entry, id);
  return entry;
}

/** A clock that was set back since then says nothing. */
function judgeTime({ ledger, world }: Stage, { name, startAt, setBack }: Entry): void {
  if (startAt !== undefined && setBack === ledger.setBack && world.now() < startAt) {
    ledger.complain('on time', `${name} begins ${startAt - world.now()} ms before it should`);
  }
}

/** Tasks of one conversation reach their callee one after another. */
function judgeOrder({ ledger, rows }: Stage, { name, to, session, conversation }: Entry, id: string): void {
  const mine = rows.byId(id);
  if (conversation === undefined || mine === undefined) {
    return;
  }
  const before = rows.live
    .filter(({ key }) => key < mine.key)
    .flatMap((row) => ledger.byId.get(row.id) ?? [])
    .find((one) => one.conversation === conversation && one.session === session && one.to === to);
  if (before !== undefined) {
    ledger.complain(
      'in order',
      `${name} begins, and ${before.name} of the same conversation is ${rows.byId(before.id ?? '')?.status} at ${rows.byId(before.id ?? '')?.callee}, not over`,
    );
  }
}
