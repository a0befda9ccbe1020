/**
 * The mark of a move in this store: what it is part of, and how far that is (E21).
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Cursor, Mark } from '../../core/ports/index.ts';
import type { Row } from './rows.ts';

export function readMark(db: DatabaseSync): Mark | undefined {
  const statement = db.prepare('SELECT id, side, other, at, done_at, step, kind, cursor FROM move');
  statement.setReturnArrays(true);
  const row = statement.get() as unknown as Row | undefined;
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

export function writeMark(db: DatabaseSync, mark: Mark | null): void {
  if (mark === null) {
    db.exec('DELETE FROM move');
    return;
  }
  const { id, side, other, at, doneAt, step, kind } = mark;
  db.prepare('INSERT OR REPLACE INTO move VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    ...[id, side, other, at, doneAt, step, kind, cursorText(mark)],
  );
}

/** One step on in the same move, in the transaction of the page. */
export function advanceMark(db: DatabaseSync, mark: Mark): void {
  const { changes } = db
    .prepare('UPDATE move SET step = ?, kind = ?, cursor = ? WHERE id = ? AND step = ? AND done_at IS NULL')
    .run(mark.step, mark.kind, cursorText(mark), mark.id, mark.step - 1);
  if (changes !== 1) {
    throw new Error(`Somebody else has gone on with the move ${mark.id}. Look there, and start this one again.`);
  }
}

function cursorText({ cursor }: Mark): string | null {
  return cursor === null ? null : JSON.stringify(cursor);
}
