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
  unitsIn,
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

/** A child was accepted: it counts for all above it, and what it was given comes from the nearest that bounds that. */
export function setAside(work: Work, child: Delegation): void {
  const elders = parentsOf(work, child);
  chargeAll(work, elders, { delegations: 1 });
  if (child.detail.purse !== undefined) {
    atGivers(work, elders, { share: child.detail.purse.budget, change: withReserved });
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
  if (purse !== undefined) {
    atGivers(work, parentsOf(work, settled), { share: unused(purse), change: refunded });
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

interface Sharing {
  share: Budget;
  change: (purse: Purse, part: Budget) => Purse;
}

/** Each unit is given by the nearest that bounds it: one in between that bounds another has none of it to give. */
function atGivers(work: Work, elders: readonly Delegation[], { share, change }: Sharing): void {
  for (const unit of unitsIn(share)) {
    const elder = elders.find(({ detail }) => detail.purse?.budget[unit] !== undefined);
    const giver = elder === undefined ? undefined : work.tx.delegation({ key: elder.key });
    if (giver?.detail.purse !== undefined) {
      keep(work, giver, change(giver.detail.purse, { [unit]: share[unit] }));
    }
  }
}

function chargeAll(work: Work, chain: readonly Delegation[], used: Budget): void {
  const covered: Budget = {};
  for (const one of chain) {
    const { purse } = one.detail;
    if (purse !== undefined) {
      warn(work, keep(work, one, charged(purse, used, covered)));
      Object.assign(covered, lesser(used, unused(purse)));
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
