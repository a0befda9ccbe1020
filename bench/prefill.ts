/**
 * Fills a store with settled delegations, as fast as rows can be copied: the tables are multiplied by themselves.
 *
 * A thousand real lifecycles are written through the engine first; their rows are then copied with new keys, bodies,
 * events and notices included, so that every tree has the size and the order it would have had.
 */
import { DatabaseSync } from 'node:sqlite';

const STEP = 2 ** 21;

export function prefill(path: string, rows: number): void {
  if (rows === 0) {
    return;
  }
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  const [seed] = numbers(db, 'SELECT count(*) FROM delegation');
  const copies = Math.ceil(rows / (seed ?? 1));
  const [events, first] = numbers(db, 'SELECT max(seq), (SELECT min(key) FROM delegation) FROM event');
  for (let copy = 1; copy < copies; copy += 1) {
    copyOnce(db, { shift: -copy * STEP, events: copy * (events ?? 0), first: first ?? 0, seqMax: events ?? 0 });
  }
  db.close();
}

function numbers(db: DatabaseSync, sql: string): number[] {
  return Object.values(db.prepare(sql).get() ?? {}) as number[];
}

/** The copies get smaller keys than the originals: they are the past. */
function copyOnce(db: DatabaseSync, by: { shift: number; events: number; first: number; seqMax: number }): void {
  const { shift, events, first } = by;
  db.exec('BEGIN');
  const columns = db
    .prepare("SELECT name FROM pragma_table_info('delegation')")
    .all()
    .map(({ name }) => String(name));
  const changed: Record<string, string> = { key: `key + ${shift}`, foreign_id: 'NULL' };
  const copied = columns.map((name) => changed[name] ?? name);
  db.exec(`INSERT INTO delegation SELECT ${copied.join(', ')} FROM delegation WHERE key >= ${first}`);
  db.exec(`INSERT INTO request SELECT key + ${shift}, task, rest FROM request WHERE key >= ${first}`);
  db.exec(`INSERT INTO result SELECT key + ${shift}, text, parts FROM result WHERE key >= ${first}`);
  db.exec(`INSERT INTO notice SELECT key + ${shift}, id, workspace, kind, delegation + ${shift}, batch, created_at,
    leased_until, deliveries, acknowledged_at FROM notice WHERE key >= ${first}`);
  db.exec(`INSERT INTO event SELECT seq + ${events}, type, at, org, workspace, peer, actor, delegation + ${shift},
    delegation_id, n, data, hash, before_own, before_peer FROM event WHERE seq <= ${by.seqMax} AND delegation IS NOT NULL`);
  db.exec('COMMIT');
}
