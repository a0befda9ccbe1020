/**
 * The mark of a move in this store: what it is part of, and how far that is (E21).
 */
import { isBarred, type Cursor, type Mark } from '../../core/ports/index.ts';
import type { Connection } from './connection.ts';

/** There is no row where somebody else has gone on, and 1 / 0. */
const ADVANCE = `WITH advanced AS (UPDATE move SET step = $2::bigint, kind = $3, cursor = $4
  WHERE id = $1 AND step = $2::bigint - 1 AND done_at IS NULL RETURNING 1)
  SELECT 1 / (SELECT count(*) FROM advanced)::integer`;
const GO_ON = `UPDATE line SET tick = tick + 1, seq = (SELECT coalesce(max(seq), 0) FROM event),
  key = greatest(key, (SELECT max(key) FROM delegation), (SELECT max(key) FROM notice), (SELECT max(key) FROM batch),
    (SELECT max(key) FROM memory), (SELECT max(key) FROM message))`;
export const OVERTAKEN = '22012';

export async function readMark(connection: Connection): Promise<Mark | undefined> {
  const [row] = await connection.query('SELECT id, side, other, at, done_at, step, kind, cursor FROM move');
  return row === undefined
    ? undefined
    : {
        id: row[0] as string,
        side: row[1] as Mark['side'],
        other: row[2] as string,
        at: row[3] as number,
        doneAt: row[4] as number | null,
        step: row[5] as number,
        kind: row[6] as Mark['kind'],
        cursor: row[7] === null ? null : (JSON.parse(row[7] as string) as Cursor),
      };
}

/** With it the bar on `line` goes up or down, and where everything has come, log and keys go on from there. */
export async function writeMark(connection: Connection, mark: Mark | null): Promise<void> {
  await connection.control('begin');
  try {
    await connection.script('DROP TRIGGER IF EXISTS barred_takes_no_commit ON line; DELETE FROM move');
    if (mark !== null) {
      const { id, side, other, at, doneAt, step, kind } = mark;
      const values = [id, side, other, at, doneAt, step, kind, cursorText(mark)];
      await connection.query('INSERT INTO move VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8)', values);
    }
    if (mark?.side === 'to' && mark.doneAt !== null) {
      await connection.query(GO_ON);
    }
    if (isBarred(mark ?? undefined)) {
      await connection.script(`CREATE TRIGGER barred_takes_no_commit BEFORE UPDATE ON line
        FOR EACH ROW EXECUTE FUNCTION barred_takes_no_commit()`);
    }
    await connection.control('commit');
  } catch (error) {
    await connection.control('rollback');
    throw error;
  }
}

/** One step on in the same move; the first statement in the transaction of the page. */
export async function advanceMark(connection: Connection, mark: Mark): Promise<void> {
  await connection.query(ADVANCE, [mark.id, mark.step, mark.kind, cursorText(mark)]);
}

function cursorText({ cursor }: Mark): string | null {
  return cursor === null ? null : JSON.stringify(cursor);
}
