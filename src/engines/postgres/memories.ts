/**
 * Pages of memories, newest first.
 *
 * One that seeks nothing is a page for each scope in sight, along its index, of which the newest are taken. One that
 * seeks is found by the index of terms, by a function behind the wall (`0004-memory.sql`); which shelves it may meet is
 * part of the question, so that what other organisations keep costs nothing.
 */
import { shelvesIn, type Memory, type Sight, type Sought } from '../../core/memory/index.ts';
import type { MemoryFilter } from '../../core/ports/index.ts';
import { Conditions } from './conditions.ts';
import type { View } from './database.ts';
import { MEMORY, memoryOf, toText } from './rows.ts';

const SELECT = `SELECT ${MEMORY.replaceAll(' ', ', ')} FROM memory`;
const KEYS_MAX = Number.MAX_SAFE_INTEGER;

export async function listMemories(view: View, filter: MemoryFilter): Promise<Memory[]> {
  const { text, values } = filter.sought === undefined ? inSight(filter) : sought(filter, filter.sought);
  if (text === '') {
    return [];
  }
  const found = await view.database.reader.queryWithin(view.org, text, values);
  return found.map((row) => memoryOf(row));
}

interface Query {
  text: string;
  values: unknown[];
}

function inSight({ org, sight, namespace, before, limit }: MemoryFilter): Query {
  const where = new Conditions();
  where.add('org = ?', org);
  where.add('key < ?', before);
  where.add('namespace = ?', namespace === undefined ? undefined : toText(namespace));
  const rest = `ORDER BY key DESC LIMIT ${where.bind(limit)}`;
  const legs = [
    ...(sight.local === null ? [] : [`scope = 'LOCAL' AND workspace = ${where.bind(sight.local)}`]),
    ...(sight.team.length === 0 ? [] : [`scope = 'TEAM' AND workspace = ANY (${where.bind(sight.team)}::text[])`]),
    ...(sight.global ? [`scope = 'GLOBAL'`] : []),
  ].map((scope) => `(${SELECT} ${where.with(scope)} ${rest})`);
  return { text: legs.length < 2 ? legs.join('') : `${legs.join(' UNION ALL ')} ${rest}`, values: where.values };
}

function sought({ org, sight, namespace, before, limit }: MemoryFilter, what: Sought): Query {
  const { local, team, global } = sight;
  const isNothing = shelvesIn(org, sight).length === 0 || what.terms.length === 0;
  const shelf = namespace === undefined ? null : toText(namespace);
  return {
    text: isNothing
      ? ''
      : `${SELECT} WHERE key = ANY (ARRAY(SELECT memories_with($1, $2::tsquery, $3, $4::text[], $5, $6, $7, $8)))
         ORDER BY key DESC`,
    values: [org, questionOf(org, sight, what), local, team, global, shelf, before ?? KEYS_MAX, limit],
  };
}

/** Terms hold no quote and no backslash: each is a word of its own. */
function questionOf(org: string, sight: Sight, { terms, has }: Sought): string {
  const shelves = shelvesIn(org, sight).map((shelf) => `'${shelf}'`);
  const words = terms.map(({ text, isPrefix }) => `'${text}'${isPrefix ? ':*' : ''}`);
  const all = words.join(' & ');
  const found = has === 'all' ? all : `(${words.join(' | ')}) & !(${all})`;
  return `(${shelves.join(' | ')}) & (${found})`;
}
