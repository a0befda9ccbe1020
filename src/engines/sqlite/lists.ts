/**
 * Pages of delegations and of the log, newest first or from a cursor on.
 *
 * What belongs to a workspace is walked along its chain, one look-up by row id each; what only the living can be
 * (queued, running, waiting) is found in the index of the living, however many finished rows there are; a batch has
 * its index. The rest is the table from its newest row back. Nothing here grows with what nobody asked for.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import type { DelegationFilter, Event, EventFilter } from '../../core/ports/index.ts';
import { DELEGATION, delegationOf, eventOf, type Row } from './rows.ts';

const COLUMNS = DELEGATION.join(', ');
/** So many steps along a chain without enough matches, and the page is what there is; its cursor goes on. */
const STEPS_MAX = 20_000;
const STEPS_NEAR = 500;

export class Lists {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  delegations(filter: DelegationFilter): Delegation[] {
    if (filter.batch !== undefined) {
      return this.#scan(filter, { text: 'INDEXED BY delegation_batch WHERE batch = ?', values: [filter.batch] });
    }
    const sides = sidesOf(filter);
    if (filter.status !== undefined && !isSettled(filter.status)) {
      // Where many match, the chain finds a page at once; where few do, the index of the living does.
      const near = sides.length === 0 ? [] : this.#walk(filter, sides, STEPS_NEAR);
      const text = 'INDEXED BY delegation_due WHERE due_at IS NOT NULL AND status = ?';
      return near.length === filter.limit ? near : this.#scan(filter, { text, values: [filter.status] });
    }
    return sides.length === 0
      ? this.#scan(filter, { text: 'WHERE 1', values: [] })
      : this.#walk(filter, sides, STEPS_MAX);
  }

  #scan(filter: DelegationFilter, where: { text: string; values: SQLInputValue[] }): Delegation[] {
    const before = filter.before ?? Number.MAX_SAFE_INTEGER;
    const statement = this.#statement(`SELECT ${COLUMNS} FROM delegation ${where.text} AND key < ? ORDER BY key DESC`);
    const found: Delegation[] = [];
    for (const row of statement.iterate(...where.values, before) as unknown as Iterable<Row>) {
      const delegation = delegationOf(row);
      if (this.#matches(delegation, filter)) {
        found.push(delegation);
      }
      if (found.length >= filter.limit) {
        break;
      }
    }
    return found;
  }

  /** Along one chain, or two at once, always the newer of their heads next. */
  #walk(filter: DelegationFilter, sides: Side[], most: number): Delegation[] {
    const found: Delegation[] = [];
    const heads = sides.map((side) => this.#chainFrom(side, filter));
    for (let step = 0; step < most && found.length < filter.limit; step += 1) {
      const key = Math.max(...heads.map((head) => head ?? -1));
      if (key === -1) {
        break;
      }
      const row = this.#row(key);
      for (const [index, side] of sides.entries()) {
        if (heads[index] === key) {
          heads[index] = row === undefined ? null : row.before[side.chain];
        }
      }
      if (
        row !== undefined &&
        key < (filter.before ?? Number.MAX_SAFE_INTEGER) &&
        this.#matches(row.delegation, filter)
      ) {
        found.push(row.delegation);
      }
      if (row !== undefined && filter.since !== undefined && row.delegation.createdAt < filter.since) {
        break;
      }
    }
    return found;
  }

  /** A page that goes on starts at the row where the last one ended, if that row is on this chain. */
  #chainFrom(side: Side, filter: DelegationFilter): number | null {
    const cursor = filter.before === undefined ? undefined : this.#row(filter.before);
    if (cursor !== undefined && cursor.delegation[side.column] === side.workspace) {
      return cursor.before[side.chain];
    }
    const row = this.#statement(`SELECT ${side.chain} FROM slot WHERE id = ?`).get(side.workspace);
    return ((row as unknown as Row | undefined)?.[0] as number | null | undefined) ?? null;
  }

  #row(key: number) {
    const statement = this.#statement(`SELECT ${COLUMNS}, before_made, before_taken FROM delegation WHERE key = ?`);
    const row = statement.get(key) as unknown as Row | undefined;
    return row === undefined
      ? undefined
      : {
          delegation: delegationOf(row),
          before: { made: row.at(-2) as number | null, taken: row.at(-1) as number | null },
        };
  }

  #matches(delegation: Delegation, filter: DelegationFilter): boolean {
    const { caller, callee, status, key, createdAt } = delegation;
    return (
      (filter.caller === undefined || caller === filter.caller) &&
      (filter.callee === undefined || callee === filter.callee) &&
      (filter.party === undefined || caller === filter.party || callee === filter.party) &&
      (filter.status === undefined || status === filter.status) &&
      (filter.since === undefined || createdAt >= filter.since) &&
      (filter.text === undefined || this.#hasText(key, filter.text))
    );
  }

  #hasText(key: number, text: string): boolean {
    const statement = this.#statement('SELECT instr(lower(task), lower(?)) > 0 FROM request WHERE key = ?');
    return (statement.get(text, key) as unknown as Row | undefined)?.[0] === 1;
  }

  events(filter: EventFilter): Event[] {
    if (filter.delegation !== undefined) {
      const text = `SELECT * FROM event INDEXED BY event_delegation WHERE delegation = ? AND seq > ? ORDER BY n LIMIT ? + 0`;
      const rows = this.#statement(text).all(filter.delegation, filter.after ?? 0, filter.limit);
      return (rows as unknown as Row[]).map(eventOf);
    }
    return filter.workspace !== undefined && filter.newestFirst === true
      ? this.#walkLog(filter, filter.workspace)
      : this.#scanLog(filter);
  }

  #walkLog(filter: EventFilter, workspace: string): Event[] {
    const byKey = this.#statement('SELECT * FROM event WHERE seq = ?');
    const stepFrom = (seq: number) => {
      const row = byKey.get(seq) as unknown as Row | undefined;
      const before = row?.[row[4] === workspace ? 12 : 13] ?? null;
      return { row, before: before as number | null };
    };
    const cursor = filter.before === undefined ? undefined : stepFrom(filter.before);
    const isOwn = cursor?.row !== undefined && (cursor.row[4] === workspace || cursor.row[5] === workspace);
    const head = this.#statement('SELECT logged FROM slot WHERE id = ?').get(workspace) as unknown as Row | undefined;
    const found: Event[] = [];
    let seq = isOwn ? (cursor?.before ?? null) : ((head?.[0] as number | null | undefined) ?? null);
    while (seq !== null && found.length < filter.limit) {
      const { row, before } = stepFrom(seq);
      if (row === undefined || seq <= (filter.after ?? 0)) {
        break;
      }
      if (seq < (filter.before ?? Number.MAX_SAFE_INTEGER)) {
        found.push(eventOf(row));
      }
      seq = before;
    }
    return found;
  }

  #scanLog(filter: EventFilter): Event[] {
    const order = filter.newestFirst === true ? 'DESC' : 'ASC';
    const statement = this.#statement(
      `SELECT * FROM event WHERE seq > ?1 AND seq < ?2 AND (?3 IS NULL OR org = ?3)
        AND (?4 IS NULL OR workspace = ?4 OR peer = ?4) ORDER BY seq ${order} LIMIT ?5 + 0`,
    );
    const { after, before, org, workspace, limit } = filter;
    const rows = statement.all(after ?? 0, before ?? Number.MAX_SAFE_INTEGER, org ?? null, workspace ?? null, limit);
    return (rows as unknown as Row[]).map(eventOf);
  }

  #statement(text: string): StatementSync {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      statement.setReturnArrays(true);
      this.#prepared.set(text, statement);
    }
    return statement;
  }
}

interface Side {
  workspace: string;
  column: 'caller' | 'callee';
  chain: 'made' | 'taken';
}

function sidesOf(filter: DelegationFilter): Side[] {
  const made = filter.caller ?? filter.party;
  const taken = filter.callee ?? filter.party;
  return [
    ...(made === undefined ? [] : [{ workspace: made, column: 'caller', chain: 'made' } as const]),
    // One side is enough where both are named: the other is a condition like any.
    ...(taken === undefined || filter.caller !== undefined
      ? []
      : [{ workspace: taken, column: 'callee', chain: 'taken' } as const]),
  ];
}
