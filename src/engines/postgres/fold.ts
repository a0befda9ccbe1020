/**
 * After a commit, what it changed is part of what is known: the next batch needs no reading for it.
 */
import type { Delegation, Priority } from '../../core/delegation/index.ts';
import { BANDS } from '../../core/delegation/index.ts';
import type { Changes } from './changes.ts';
import { byTurn, queueName, turnName, type Sheet } from './sheet.ts';

export function fold(sheet: Sheet, changes: Changes): void {
  for (const [key, { after }] of changes.delegations) {
    sheet.delegations.set(key, after);
  }
  for (const [id, key] of changes.foreign) {
    sheet.foreign.set(id, key);
  }
  for (const key of changes.pruned) {
    sheet.delegations.set(key, null);
  }
  for (const [key, { notice }] of changes.notices) {
    sheet.notices.set(key, notice);
  }
  for (const { turn, given } of changes.turns.values()) {
    sheet.turns.set(turnName(turn), given);
  }
  copy(changes.organisations, sheet.organisations);
  copy(changes.seats, sheet.seats);
  copy(changes.batches, sheet.batches);
  copy(changes.keys, sheet.keys);
  copy(changes.memoryCounts, sheet.memoryCounts);
  for (const callee of new Set(changes.all().map((one) => one.callee))) {
    for (const band of BANDS) {
      foldQueue(sheet, changes, { callee, band });
    }
  }
  if (changes.prunedNotices !== undefined) {
    sheet.notices.clear();
  }
  sheet.forgetLists();
}

function copy<Name, Value>(from: ReadonlyMap<Name, Value>, to: Map<Name, Value>): void {
  for (const [name, value] of from) {
    to.set(name, value);
  }
}

/** A beginning stays one: what comes after its last row is known only where it is the whole list. */
function foldQueue(sheet: Sheet, changes: Changes, where: { callee: string; band: Priority }): void {
  const queue = sheet.queues.get(queueName(where.callee, where.band));
  if (queue === undefined) {
    return;
  }
  const stays = queue.rows.filter(({ key }) => !changes.delegations.has(key));
  const last = queue.rows.at(-1);
  const waits = (one: Delegation) =>
    one.status === 'queued' &&
    one.ready &&
    one.priority === where.band &&
    !changes.pruned.has(one.key) &&
    (queue.isWhole || (last !== undefined && byTurn(one, last) < 0));
  queue.rows = [...stays, ...changes.at(where.callee).filter(waits)].toSorted(byTurn);
}
