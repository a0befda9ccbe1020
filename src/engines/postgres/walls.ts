/**
 * Refuses to serve where the wall between organisations would not hold (E20): under a role that row-level security
 * does not bind, or with a table in the schema that nobody has put behind it.
 */
import type { Database } from './database.ts';
import type { Row } from './rows.ts';

/** What belongs to no organisation. */
const OPEN = ['line', 'migration', 'move', 'secret', 'term', 'writer'];

export async function assertWalls(database: Database): Promise<void> {
  for (const connection of [database.reader, database.writer, database.messenger]) {
    const [row] = await connection.run('role');
    const [name, isUnbound] = row as Row;
    if (isUnbound !== false) {
      throw new Error(`The role ${String(name)} is above row-level security. Take SUPERUSER and BYPASSRLS from it.`);
    }
  }
  const bare = await database.writer.run('unwalled', [OPEN]);
  if (bare.length > 0) {
    throw new Error(
      `Without row-level security: ${bare.join(', ')}. Restore it: ALTER TABLE … ENABLE ROW LEVEL SECURITY.`,
    );
  }
}
