/**
 * What trees of tasks use and what they were given, reckoned anew after every commit from what each task says of itself.
 *
 * A task that began again may have said less the second time: what is reckoned here is never more than was used.
 */
import type { Budget, Delegation } from '../../../src/core/delegation/index.ts';
import type { Commit } from '../../../src/core/ports/index.ts';
import { tokensOf, type Rows } from './rows.ts';
import type { Stage } from './stage.ts';

export function judgeBudgets(stage: Stage, { events }: Commit): void {
  const { rows } = stage;
  const isSpent = events.some(({ type }) => type === 'delegation.progressed' || type === 'delegation.settled');
  for (const row of rows.live) {
    const budget = given(stage, row);
    const tree = rows.tree(row.key);
    judgeCount(stage, row, { budget, below: tree.length - 1 });
    // Where something was used in the same commit, nobody can tell what came first.
    if (budget.tokens !== undefined && !isSpent && isAccepted(events, row, tree)) {
      judgeGiven(stage, row, { tokens: budget.tokens, spent: used(tree) });
    }
  }
  for (const row of rows.spenders) {
    judgeSpender(stage, row);
  }
  judgeEnds(stage, events);
}

function judgeCount(stage: Stage, row: Delegation, { budget, below }: { budget: Budget; below: number }): void {
  if (below > (budget.delegations ?? Infinity)) {
    stage.ledger.complain('budget', `${below} tasks are below ${row.id}, which may have ${budget.delegations}`);
  }
}

function judgeGiven(stage: Stage, row: Delegation, { tokens, spent }: { tokens: number; spent: number }): void {
  const promised = setAside(stage, row);
  if (spent + promised > tokens) {
    const name = stage.ledger.byId.get(row.id)?.name ?? row.id;
    stage.ledger.complain('budget', `${name} has ${tokens} tokens: ${spent} are used, ${promised} given to children`);
  }
}

/** Whoever says that it has used more than it was given, or than those above it were, goes on with none of them. */
function judgeSpender(stage: Stage, row: Delegation): void {
  const chain = chainOf(stage.rows, row);
  if (chain.some(({ settledAt }) => settledAt !== null)) {
    return;
  }
  for (const one of chain) {
    const { tokens = Infinity } = given(stage, one);
    const spent = used(stage.rows.tree(one.key));
    if (spent > tokens) {
      stage.ledger.complain('budget', `${one.id} goes on with ${spent} of ${tokens} tokens used`);
    }
  }
}

function chainOf(rows: Rows, row: Delegation): Delegation[] {
  const parent = rows.get(row.parent);
  return parent === undefined ? [row] : [row, ...chainOf(rows, parent)];
}

/** Whoever is ended for its budget has used it up. */
function judgeEnds(stage: Stage, events: Commit['events']): void {
  const { ledger, rows } = stage;
  for (const { type, delegation } of events) {
    const row = type === 'delegation.settled' ? rows.get(delegation) : undefined;
    if (row?.reason === 'budget_exhausted') {
      const { tokens = Infinity } = given(stage, row);
      const tree = rows.tree(row.key);
      const isCertain = tree.every(({ id }) => (ledger.byId.get(id)?.runs ?? 0) <= 1);
      if (isCertain && used(tree) <= tokens) {
        ledger.complain('budget', `${row.id} ends with ${used(tree)} of ${tokens} tokens used`);
      }
      ledger.fault('budget used up');
      // What is below it is told to stop.
      ledger.asksToStop(row.id, stage.world.steady);
    }
  }
}

function given({ ledger }: Stage, { id }: Delegation): Budget {
  return ledger.byId.get(id)?.budget ?? {};
}

function used(tree: readonly Delegation[]): number {
  let sum = 0;
  for (const row of tree) {
    sum += tokensOf(row);
  }
  return sum;
}

/** For the nearest of those that live below it and were given tokens of their own. */
function setAside(stage: Stage, { key }: Delegation): number {
  let sum = 0;
  for (const child of stage.rows.childrenOf(key)) {
    const { tokens } = given(stage, child);
    if (tokens === undefined) {
      sum += setAside(stage, child);
    } else if (child.settledAt === null) {
      sum += Math.max(0, tokens - used(stage.rows.tree(child.key)));
    }
  }
  return sum;
}

function isAccepted(events: Commit['events'], { key }: Delegation, tree: readonly Delegation[]): boolean {
  const below = new Set(tree.map((row) => row.key));
  return events.some(
    ({ type, delegation }) => type === 'delegation.accepted' && delegation !== key && below.has(delegation ?? -1),
  );
}
