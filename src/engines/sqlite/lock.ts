/**
 * One process per store (E8). The lock is a write transaction held open on a small file beside the database.
 *
 * The operating system lets go of it when the process ends, however it ends, so there is no stale lock to remove.
 * The holder writes its process id into the file first; whoever is refused can read it and say who has it.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Lock {
  release(): void;
}

/** `called`: what whoever opens it calls the place. */
export function lock(path: string, called = '--data directory'): Lock {
  if (path === ':memory:') {
    throw new Error('This engine keeps a file. For one that keeps nothing, open the memory engine.');
  }
  makeFolder(dirname(path));
  const file = `${path}.lock`;
  const db = new DatabaseSync(file, { timeout: 0 });
  chmodSync(file, 0o600);
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    db.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL); DELETE FROM holder');
    db.prepare('INSERT INTO holder (pid) VALUES (?)').run(process.pid);
    db.exec('COMMIT; BEGIN IMMEDIATE');
  } catch (cause) {
    const holder = holderOf(db);
    db.close();
    throw new Error(
      `${path} is in use${holder === undefined ? '' : ` by process ${holder}`}. ` +
        `Stop that one first, or start this one with another ${called}.`,
      { cause },
    );
  }
  return { release: () => db.close() };
}

/** One by one: where the system says that it cannot be, as below /proc, Node's `recursive` asks again for ever. */
function makeFolder(path: string): void {
  const above = dirname(path);
  if (above !== path && !existsSync(above)) {
    makeFolder(above);
  }
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(path)) {
      throw error;
    }
  }
}

function holderOf(db: DatabaseSync): number | undefined {
  try {
    return db.prepare('SELECT pid FROM holder').get()?.['pid'] as number | undefined;
  } catch {
    // The holder is just starting and has not written its name yet; the refusal says less, and stands.
    return undefined;
  }
}
