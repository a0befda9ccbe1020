/**
 * Pages of memories, newest first.
 *
 * One that seeks nothing is a page for each scope in sight, along its index, of which the newest are taken. One that
 * seeks is found by the index of terms, by a function behind the wall (`0004-memory.sql`); a term begins with its shelf, so that
 * what other organisations keep is not met.
 */
import { shelvesSought, type Memory, type Sought, type Term } from '../../core/memory/index.ts';
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

/** Of a team so many of each author, along the index of what each has: all of them together would be sorted. */
function inSight({ org, sight, namespace, before, limit }: MemoryFilter): Query {
  const where = new Conditions();
  where.add('org = ?', org);
  where.add('key < ?', before);
  where.add('namespace = ?', namespace === undefined ? undefined : toText(namespace));
  const rest = `ORDER BY key DESC LIMIT ${where.bind(limit)}`;
  const keys = (scope: string) => `(SELECT key FROM memory ${where.with(scope)} ${rest})`;
  const { local, team, global } = sight;
  const legs = [
    ...(local === null ? [] : [keys(`scope = 'LOCAL' AND workspace = ${where.bind(local)}`)]),
    ...(team.length === 0
      ? []
      : [
          `(SELECT own.key FROM unnest(${where.bind(team)}::text[]) AS author (id),
            LATERAL ${keys("scope = 'TEAM' AND workspace = author.id")} AS own)`,
        ]),
    ...(global ? [keys("scope = 'GLOBAL'")] : []),
  ];
  return {
    text:
      legs.length === 0
        ? ''
        : `${SELECT} WHERE key = ANY (ARRAY(SELECT key FROM (${legs.join(' UNION ALL ')}) AS newest ${rest}))
           ORDER BY key DESC`,
    values: where.values,
  };
}

function sought({ org, sight, namespace, before, limit }: MemoryFilter, { terms, has }: Sought): Query {
  const { local, team, global } = sight;
  const shelves = shelvesSought(org, sight, terms);
  const named = namespace === undefined ? null : toText(namespace);
  return {
    text:
      shelves.length === 0
        ? ''
        : `${SELECT} WHERE key = ANY (ARRAY(SELECT memories_with($1, $2::tsquery, $3, $4::text[], $5, $6, $7, $8)))
           ORDER BY key DESC`,
    values: [org, questionOf(shelves, has), local, team, global, named, before ?? KEYS_MAX, limit],
  };
}

/** Terms hold no quote and no backslash: each is a word of its own. */
function questionOf(shelves: readonly Term[][], has: Sought['has']): string {
  const onOne = shelves.map((terms) => {
    const words = terms.map(({ text, isPrefix }) => `'${text}'${isPrefix ? ':*' : ''}`);
    const all = words.join(' & ');
    return has === 'all' ? `(${all})` : `((${words.join(' | ')}) & !(${all}))`;
  });
  return onOne.join(' | ');
}
