/**
 * A store in a file of a fresh folder, filled as fast as rows can be copied: the tables are multiplied by themselves,
 * so that every tree has the size and the order it would have had.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '../../src/engines/sqlite/engine.ts';
import type { Store } from './store.ts';

export async function sqliteStore(): Promise<Store> {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-bench-'));
  const path = join(folder, 'errand.db');
  return {
    name: 'sqlite',
    open: async (parts) => openSqlite({ path, ...parts }),
    fill: async (rows) => fill(path, rows),
    remove: async () => rmSync(folder, { recursive: true }),
  };
}

function fill(path: string, rows: number): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  const [seed, span] = numbers(db, 'SELECT count(*), max(key) - min(key) + 1 AS span FROM delegation');
  const copies = Math.ceil(rows / (seed ?? 1));
  const [events, first] = numbers(db, 'SELECT max(seq), (SELECT min(key) FROM delegation) FROM event');
  for (let copy = 1; copy < copies; copy += 1) {
    copyOnce(db, { shift: -copy * (span ?? 0), events: copy * (events ?? 0), first: first ?? 0, seqMax: events ?? 0 });
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
