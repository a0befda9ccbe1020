/**
 * Brings the tables up to date: forward only, each step once, in one transaction with its mark (E9).
 *
 * A step that was applied is remembered with the hash of its text; if the text changed since, or the store is newer
 * than this program, opening is refused. Processes that start together take the steps one after the other: the table
 * of marks is locked while somebody looks and applies.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Connection } from './connection.ts';

const FOLDER = new URL('migrations/', import.meta.url);
const TABLE = `CREATE TABLE IF NOT EXISTS migration
  (version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, at bigint NOT NULL)`;
/** Two sessions that create the same table at the same moment: one of them is told that it is there. */
const RACES: ReadonlySet<unknown> = new Set(['23505', '42P07', '42710']);

interface Step {
  version: number;
  name: string;
  text: string;
  sha256: string;
}

export async function migrate(connection: Connection, now: number): Promise<void> {
  await connection.query(TABLE).catch((error: unknown) => {
    if (!RACES.has((error as { code?: unknown }).code)) {
      throw error;
    }
  });
  await connection.control('begin');
  try {
    await connection.query('LOCK TABLE migration IN ACCESS EXCLUSIVE MODE');
    await applyMissing(connection, now);
    await connection.control('commit');
  } catch (error) {
    await connection.control('rollback');
    throw error;
  }
}

async function applyMissing(connection: Connection, now: number): Promise<void> {
  const steps = readSteps();
  const applied = await connection.query('SELECT version, name, sha256 FROM migration ORDER BY version');
  for (const [version, name, sha256] of applied) {
    const step = steps.find((one) => one.version === version);
    if (step === undefined) {
      throw new Error(`The store was written by a newer Errand (${String(name)}). Update this one.`);
    }
    if (step.sha256 !== sha256) {
      throw new Error(`The step ${step.name} was changed after it was applied. Restore its text, or the store.`);
    }
  }
  for (const step of steps.slice(applied.length)) {
    await connection.script(step.text);
    const values = [step.version, step.name, step.sha256, now];
    await connection.query('INSERT INTO migration VALUES ($1, $2, $3, $4)', values);
  }
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
