/**
 * Pages of delegations and of the log, newest first or from a cursor on.
 *
 * A filter is a handful of conditions out of a closed set, so there are few distinct texts; each is prepared once and
 * kept. What only the living can be (queued, running, waiting) is found in the index of the living, however many
 * finished rows there are.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import type { DelegationFilter, Event, EventFilter } from '../../core/ports/index.ts';
import { DELEGATION, delegationOf, eventOf, type Row } from './rows.ts';

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

interface Condition {
  text: string;
  values: SQLInputValue[];
}

export function listDelegations(db: DatabaseSync, filter: DelegationFilter): Delegation[] {
  const found = [...partiesOf(filter), ...statesOf(filter)];
  if (filter.before !== undefined) {
    found.push({ text: 'key < ?', values: [filter.before] });
  }
  if (filter.since !== undefined) {
    found.push({ text: 'created_at >= ?', values: [filter.since] });
  }
  if (filter.text !== undefined) {
    found.push({
      text: `key IN (SELECT key FROM request WHERE instr(lower(task), lower(?)) > 0)`,
      values: [filter.text],
    });
  }
  const from = `SELECT ${DELEGATION.join(', ')} FROM delegation`;
  return page(db, { from, conditions: found, order: 'key DESC', limit: filter.limit }).map(delegationOf);
}

function partiesOf(filter: DelegationFilter): Condition[] {
  const found: Condition[] = [];
  if (filter.caller !== undefined) {
    found.push({ text: 'caller = ?', values: [filter.caller] });
  }
  if (filter.callee !== undefined) {
    found.push({ text: 'callee = ?', values: [filter.callee] });
  }
  if (filter.party !== undefined) {
    found.push({ text: '(caller = ? OR callee = ?)', values: [filter.party, filter.party] });
  }
  return found;
}

function statesOf(filter: DelegationFilter): Condition[] {
  const found: Condition[] = [];
  if (filter.status !== undefined) {
    found.push({ text: 'status = ?', values: [filter.status] });
    if (!isSettled(filter.status)) {
      found.push({ text: 'due_at IS NOT NULL', values: [] });
    }
  }
  if (filter.batch !== undefined) {
    found.push({ text: 'batch = ?', values: [filter.batch] });
  }
  return found;
}

export function listEvents(db: DatabaseSync, filter: EventFilter): Event[] {
  const found: Condition[] = [];
  if (filter.org !== undefined) {
    found.push({ text: 'org = ?', values: [filter.org] });
  }
  if (filter.delegation !== undefined) {
    found.push({ text: 'delegation = ?', values: [filter.delegation] });
  }
  if (filter.workspace !== undefined) {
    // The log of a workspace is its own lines; a stream that resumes wants those about it as well.
    found.push(
      filter.newestFirst === true
        ? { text: 'workspace = ?', values: [filter.workspace] }
        : { text: '(workspace = ? OR peer = ?)', values: [filter.workspace, filter.workspace] },
    );
  }
  if (filter.after !== undefined) {
    found.push({ text: 'seq > ?', values: [filter.after] });
  }
  if (filter.before !== undefined) {
    found.push({ text: 'seq < ?', values: [filter.before] });
  }
  const order = filter.newestFirst === true ? 'seq DESC' : 'seq';
  return page(db, { from: 'SELECT * FROM event', conditions: found, order, limit: filter.limit }).map(eventOf);
}

interface Query {
  from: string;
  conditions: Condition[];
  order: string;
  limit: number;
}

function page(db: DatabaseSync, query: Query): Row[] {
  const where = query.conditions.map(({ text }) => text).join(' AND ');
  const text = `${query.from}${where === '' ? '' : ` WHERE ${where}`} ORDER BY ${query.order} LIMIT ?`;
  const values = query.conditions.flatMap((condition) => condition.values);
  return statement(db, text).all(...values, query.limit) as unknown as Row[];
}

function statement(db: DatabaseSync, text: string): StatementSync {
  const known = prepared.get(db) ?? new Map<string, StatementSync>();
  prepared.set(db, known);
  const found = known.get(text) ?? db.prepare(text);
  found.setReturnArrays(true);
  known.set(text, found);
  return found;
}
