/**
 * Opens the file so that a commit is on stable storage, and refuses to go on where it would not be (E1).
 *
 * The setting is read again after the first write, because a setting that a build or a file system ignores is the
 * kind of thing one finds out after the power cut.
 */
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const FULL = 2;

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  chmodSync(path, 0o600);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000');
  db.exec('PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0');
  return db;
}

export function assertDurable(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE; UPDATE migration SET at = at WHERE version = 1; COMMIT');
  const mode = db.prepare('PRAGMA journal_mode').get()?.['journal_mode'];
  const synchronous = db.prepare('PRAGMA synchronous').get()?.['synchronous'];
  if (mode !== 'wal' || synchronous !== FULL) {
    throw new Error(
      `The store is not durable here (journal_mode ${String(mode)}, synchronous ${String(synchronous)}). ` +
        'Put the data directory on a local disk.',
    );
  }
}
