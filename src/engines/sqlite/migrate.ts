/**
 * Brings the tables up to date: forward only, each step once, in one transaction with its mark (E9).
 *
 * A step that was applied is remembered with the hash of its text; if the text changed since, or the file is newer
 * than this program, opening is refused, because then nobody knows what the tables look like.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const FOLDER = new URL('migrations/', import.meta.url);

interface Step {
  version: number;
  name: string;
  text: string;
  sha256: string;
}

export function migrate(db: DatabaseSync, now: number): void {
  db.exec(`CREATE TABLE IF NOT EXISTS migration
    (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at INTEGER NOT NULL) STRICT`);
  for (const step of missingSteps(db)) {
    db.exec('BEGIN IMMEDIATE');
    db.exec(step.text);
    db.prepare('INSERT INTO migration VALUES (?, ?, ?, ?)').run(step.version, step.name, step.sha256, now);
    db.exec('COMMIT');
  }
}

/** For whoever only looks and may not change it. */
export function assertCurrent(db: DatabaseSync): void {
  const [missing] = missingSteps(db);
  if (missing !== undefined) {
    throw new Error(
      `The store was written by an older Errand (it lacks ${missing.name}). ` +
        'Start a platform on it once, or move it without looking first: either brings it up to date.',
    );
  }
}

function missingSteps(db: DatabaseSync): Step[] {
  const steps = readSteps();
  const applied = db.prepare('SELECT version, name, sha256 FROM migration ORDER BY version').all();
  for (const mark of applied) {
    const step = steps.find(({ version }) => version === mark['version']);
    if (step === undefined) {
      throw new Error(`The store was written by a newer Errand (${String(mark['name'])}). Update this one.`);
    }
    if (step.sha256 !== mark['sha256']) {
      throw new Error(`The step ${step.name} was changed after it was applied. Restore its text, or the store.`);
    }
  }
  const isApplied = new Set(applied.map(({ version }) => version));
  return steps.filter(({ version }) => !isApplied.has(version));
}

function readSteps(): Step[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => {
      const text = readFileSync(new URL(name, FOLDER), 'utf8');
      return { version: Number.parseInt(name, 10), name, text, sha256: hash('sha256', text) };
    });
}
