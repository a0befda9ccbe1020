/**
 * Budgets along the chain of parents: set aside at acceptance, charged as use is reported, free again at the end (D18).
 *
 * Every purse above counts what is used below it. Of what one below was given, its use is covered by what the one above
 * has set aside for it; only what goes beyond comes out of the rest.
 */
import {
  charged,
  isSettled,
  lesser,
  nearEnd,
  refunded,
  shortOf,
  unused,
  usedSince,
  withReserved,
  type Accept,
  type Budget,
  type Delegation,
  type Purse,
  type Usage,
} from '../delegation/index.ts';
import { refusal, type Refusal } from '../error.ts';
import { advance, touch, type Work } from './work.ts';

/** `others`: tasks of the same batch, which are accepted with it. */
export function refuseBudget(
  work: Work,
  parent: Delegation,
  { budget = {} }: Accept,
  others: number,
): Refusal | undefined {
  for (const { detail } of [parent, ...parentsOf(work, parent)]) {
    const { purse } = detail;
    const short = purse === undefined ? undefined : shortOf(charged(purse, { delegations: others }, {}), budget);
    if (short !== undefined) {
      const { unit, left } = short;
      return refusal('budget_exhausted', `budget.${unit}: ${left} is left of what this chain of delegations may use.`);
    }
  }
  return undefined;
}

/** A child was accepted: it counts for all above it, and what it was given comes from the nearest. */
export function setAside(work: Work, child: Delegation): void {
  const elders = parentsOf(work, child);
  chargeAll(work, elders, { delegations: 1 });
  const giver = giverOf(work, elders);
  if (giver !== undefined && child.detail.purse !== undefined) {
    keep(work, giver.one, withReserved(giver.purse, child.detail.purse.budget));
  }
}

/** What it says it has used by now, beside what it said before. Answers with its row as it is then. */
export function charge(work: Work, one: Delegation, said: { before: Usage | undefined; now: Usage }): Delegation {
  const used = usedSince(said.before, said.now);
  if (Object.keys(used).length > 0) {
    chargeAll(work, [one, ...parentsOf(work, one)], used);
  }
  return work.tx.delegation({ key: one.key }) ?? one;
}

/** What was set aside for it and not used is free again. */
export function refund(work: Work, settled: Delegation): void {
  const { purse } = settled.detail;
  const giver = purse === undefined ? undefined : giverOf(work, parentsOf(work, settled));
  if (purse !== undefined && giver !== undefined) {
    keep(work, giver.one, refunded(giver.purse, unused(purse)));
  }
}

/** From the nearest to the root; as deep as a chain may be. */
export function parentsOf(work: Work, child: Delegation): Delegation[] {
  const found: Delegation[] = [];
  for (let key = child.parent; key !== null;) {
    const parent = work.tx.delegation({ key });
    if (parent === undefined) {
      break;
    }
    found.push(parent);
    key = parent.parent;
  }
  return found;
}

function giverOf(work: Work, elders: readonly Delegation[]): { one: Delegation; purse: Purse } | undefined {
  const elder = elders.find(({ detail }) => detail.purse !== undefined);
  const one = elder === undefined ? undefined : work.tx.delegation({ key: elder.key });
  return one?.detail.purse === undefined ? undefined : { one, purse: one.detail.purse };
}

function chargeAll(work: Work, chain: readonly Delegation[], used: Budget): void {
  let covered: Budget = {};
  for (const one of chain) {
    const { purse } = one.detail;
    if (purse !== undefined) {
      warn(work, keep(work, one, charged(purse, used, covered)));
      covered = lesser(used, unused(purse));
    }
  }
}

function keep(work: Work, one: Delegation, purse: Purse): Delegation {
  const now = work.tx.delegation({ key: one.key }) ?? one;
  return isSettled(now.status) ? now : touch(work, now, { detail: { ...now.detail, purse } });
}

/** Once, so that whoever watches can bring it to its end. */
function warn(work: Work, one: Delegation): void {
  const { purse, budgetWarned } = one.detail;
  if (purse !== undefined && budgetWarned !== true && nearEnd(purse).length > 0 && !isSettled(one.status)) {
    advance(
      work,
      one,
      { detail: { ...one.detail, budgetWarned: true } },
      { type: 'delegation.warned', actor: 'errand', data: { budget: purse.budget, spent: purse.spent } },
    );
  }
}
