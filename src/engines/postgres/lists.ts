/**
 * Pages of delegations and of the log, newest first or from a cursor on.
 *
 * Composed from a closed set of conditions; values are always bound, never spliced. Every page is found by an index:
 * of a party, of the living, of a batch, or of the keys themselves.
 */
import type { DelegationFilter, Event, EventFilter } from '../../core/ports/index.ts';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import { Conditions } from './conditions.ts';
import type { View } from './database.ts';
import { DELEGATION, delegationOf, EVENT, eventOf, type Row } from './rows.ts';

const COLUMNS = DELEGATION.join(', ');
const EVENTS = EVENT.replaceAll(' ', ', ');

export class Lists {
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
  }

  async delegations(filter: DelegationFilter): Promise<Delegation[]> {
    const where = new Conditions();
    where.add('key < ?', filter.before);
    where.add('batch = ?', filter.batch);
    where.add('caller = ?', filter.caller);
    where.add('callee = ?', filter.callee);
    where.add('(caller = ? OR callee = ?)', filter.party);
    where.add('status = ?', filter.status);
    where.add('created_at >= ?', filter.since);
    where.add(
      'key IN (SELECT r.key FROM request r WHERE r.key = delegation.key AND strpos(lower(r.task), lower(?)) > 0)',
      filter.text,
    );
    if (filter.status !== undefined && !isSettled(filter.status)) {
      where.text.push('settled_at IS NULL');
    }
    const text = `SELECT ${COLUMNS} FROM delegation ${where.clause} ORDER BY key DESC LIMIT ${where.bind(filter.limit)}`;
    return (await this.#ask(text, where.values)).map((row) => delegationOf(row));
  }

  async events(filter: EventFilter): Promise<Event[]> {
    const where = new Conditions();
    where.add('delegation = ?', filter.delegation);
    where.add('seq > ?', filter.after);
    where.add('seq < ?', filter.before);
    where.add('org = ?', filter.org);
    where.add('(workspace = ? OR peer = ?)', filter.workspace);
    const order = filter.delegation === undefined ? `seq ${filter.newestFirst === true ? 'DESC' : 'ASC'}` : 'n';
    const text = `SELECT ${EVENTS} FROM event ${where.clause} ORDER BY ${order} LIMIT ${where.bind(filter.limit)}`;
    return (await this.#ask(text, where.values)).map((row) => eventOf(row));
  }

  async #ask(text: string, values: unknown[]): Promise<Row[]> {
    const { database, org } = this.#view;
    return database.reader.queryWithin(org, text, values);
  }
}
