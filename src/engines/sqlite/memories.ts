/**
 * Memories: filed with what they are found by, forgotten with it, and read in pages, newest first.
 *
 * A page that seeks nothing is walked along an index for each scope it has in sight. One that seeks walks the index of
 * terms from its newest entry back and stops when it is full; a term begins with its shelf, so that what other
 * organisations keep is not met.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { filedUnder, shelvesSought, type Memory, type Sought, type Term } from '../../core/memory/index.ts';
import type { MemoryFilter } from '../../core/ports/index.ts';
import { MEMORY, memoryOf, memoryValues, type Row } from './rows.ts';
import type { Statements } from './statements.ts';

export function fileMemory(sql: Statements, memory: Memory): void {
  sql.insertMemory.run(...memoryValues(memory));
  sql.insertTerms.run(memory.key, filedUnder(memory).join(' '));
}

export function forgetMemory(sql: Statements, key: number): void {
  sql.forgetMemory.run(key);
  sql.forgetTerms.run(key);
}

export class Memories {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  page(filter: MemoryFilter): Memory[] {
    const legs = legsOf(filter);
    if (legs.length === 0) {
      return [];
    }
    const page = `SELECT ${MEMORY} FROM memory WHERE key IN (${legs.map(({ text }) => text).join(' UNION ALL ')})
      ORDER BY key DESC LIMIT ? + 0`;
    const values = [...legs.flatMap((one) => one.values), filter.limit];
    return (this.#statement(page).all(...values) as unknown as Row[]).map((row) => memoryOf(row));
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

interface Leg {
  text: string;
  values: SQLInputValue[];
}

/** Said so that the partial index is one that may be used. */
const OTHERS = "m.scope <> 'LOCAL'";
const IN_TEAM = 'm.workspace IN (SELECT value FROM json_each(?))';

/** The keys of each scope in sight, or of all at once where something is sought. */
function legsOf(filter: MemoryFilter): Leg[] {
  const { sight, sought } = filter;
  if (sought !== undefined) {
    const shelves = shelvesSought(filter.org, sight, sought.terms);
    return shelves.length === 0 ? [] : [soughtLeg(filter, matchOf(shelves, sought.has))];
  }
  const own = { index: 'memory_own', condition: `m.scope = 'LOCAL' AND m.workspace = ?`, value: sight.local };
  const team = {
    index: 'memory_others',
    condition: `${OTHERS} AND m.scope = 'TEAM' AND ${IN_TEAM}`,
    value: textOf(sight.team),
  };
  const all = { index: 'memory_others', condition: `${OTHERS} AND m.scope = 'GLOBAL' AND ?`, value: 1 };
  return [
    ...(sight.local === null ? [] : [own]),
    ...(sight.team.length === 0 ? [] : [team]),
    ...(sight.global ? [all] : []),
  ].map(({ index, condition, value }) =>
    leg(filter, { from: `memory m INDEXED BY ${index}`, condition, values: [value] }),
  );
}

function soughtLeg(filter: MemoryFilter, match: string): Leg {
  const { local, team, global } = filter.sight;
  return leg(filter, {
    from: 'memory_terms t CROSS JOIN memory m ON m.key = t.rowid',
    condition: `t.memory_terms MATCH ? AND t.rowid < ?
      AND CASE m.scope WHEN 'LOCAL' THEN m.workspace IS ? WHEN 'TEAM' THEN ${IN_TEAM} ELSE ? END`,
    values: [match, before(filter), local, textOf(team), Number(global)],
    order: 't.rowid',
  });
}

function leg(
  filter: MemoryFilter,
  {
    from,
    condition,
    values,
    order = 'm.key',
  }: { from: string; condition: string; values: SQLInputValue[]; order?: string },
): Leg {
  const { org, namespace, limit } = filter;
  const named = namespace === undefined ? '' : 'AND m.namespace = ?';
  return {
    text: `SELECT key FROM (SELECT m.key FROM ${from} WHERE ${condition} AND m.org = ? AND m.key < ? ${named}
      ORDER BY ${order} DESC LIMIT ? + 0)`,
    values: [...values, org, before(filter), ...(namespace === undefined ? [] : [namespace]), limit],
  };
}

function before(filter: MemoryFilter): number {
  return filter.before ?? Number.MAX_SAFE_INTEGER;
}

function textOf(team: readonly string[]): string {
  return JSON.stringify(team);
}

/** Terms hold no quote and no space: each is a string of its own. */
function matchOf(shelves: readonly Term[][], has: Sought['has']): string {
  const onOne = shelves.map((terms) => {
    const words = terms.map(({ text, isPrefix }) => `"${text}"${isPrefix ? '*' : ''}`);
    const all = words.join(' AND ');
    return has === 'all' ? `(${all})` : `((${words.join(' OR ')}) NOT (${all}))`;
  });
  return onOne.join(' OR ');
}
