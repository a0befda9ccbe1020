/**
 * Under what conditions: the machine, the versions, and how fast its disk takes a commit by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const COMMITS = 500;

export function conditions(): Record<string, string> {
  const [cpu] = cpus();
  const sqlite = new DatabaseSync(':memory:').prepare('SELECT sqlite_version() AS version').get();
  return {
    date: new Date().toISOString(),
    cpu: `${cpus().length} × ${cpu?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 1e9)} GB`,
    node: process.version,
    sqlite: String(sqlite?.['version']),
    'bare commits of one row, WAL, synchronous=FULL': `${bareCommits()}/s`,
  };
}

function bareCommits(): number {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-bare-'));
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)');
  const insert = db.prepare('INSERT INTO t (v) VALUES (?)');
  const began = performance.now();
  for (let index = 0; index < COMMITS; index += 1) {
    insert.run('x'.repeat(2000));
  }
  const rate = Math.round((COMMITS / (performance.now() - began)) * 1000);
  db.close();
  rmSync(folder, { recursive: true });
  return rate;
}
