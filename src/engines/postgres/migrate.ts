/**
 * Brings the tables up to date: forward only, each step once, in one transaction with its mark (E9).
 *
 * A step that was applied is remembered with the hash of its text; if the text changed since, opening is refused.
 * Processes that start together take the steps one after the other: the table of marks is locked while somebody looks
 * and applies. A step that begins with `-- beside` leaves older programs running, and lets them start, beside it; any
 * other waits until nobody serves. No step waits long for a lock that others queue behind: it gives way and tries again.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Unavailable } from './unavailable.ts';
import type { Connection } from './connection.ts';

const STEPS = new URL('migrations/', import.meta.url);
const TABLE = `CREATE TABLE IF NOT EXISTS migration (version integer PRIMARY KEY, name text NOT NULL,
  sha256 text NOT NULL, at bigint NOT NULL, beside boolean NOT NULL)`;
const SERVING = `SELECT count(*) FROM term WHERE name LIKE 'serving %' AND until > $1`;
/** Two sessions that create the same table at the same moment: one of them is told that it is there. */
const RACES: ReadonlySet<unknown> = new Set(['23505', '42P07', '42710']);
const NOT_ALLOWED = '42501';
const TRIES_MAX = 20;

interface Step {
  version: number;
  name: string;
  text: string;
  sha256: string;
  beside: boolean;
}

export async function migrate(connection: Connection, now: number, folder: URL = STEPS): Promise<void> {
  await connection.query(TABLE).catch((error: unknown) => {
    if (!RACES.has(codeOf(error))) {
      throw error;
    }
  });
  const steps = readSteps(folder);
  let tries = 1;
  while (!(await isUpToDate(connection, { now, steps }, tries))) {
    tries += 1;
  }
}

/** False where a lock was not to be had. */
async function isUpToDate(
  connection: Connection,
  given: { now: number; steps: readonly Step[] },
  tries: number,
): Promise<boolean> {
  await connection.control('begin');
  try {
    await connection.query('LOCK TABLE migration IN ACCESS EXCLUSIVE MODE');
    await applyMissing(connection, given);
    await connection.control('commit');
    return true;
  } catch (error) {
    await connection.control('rollback');
    if (error instanceof Unavailable && error.how === 'busy' && tries < TRIES_MAX) {
      return false;
    }
    throw codeOf(error) === NOT_ALLOWED ? notAllowed(error) : error;
  }
}

/** For whoever only looks and may not change it. */
export async function assertCurrent(connection: Connection): Promise<void> {
  const [missing] = (await stepsOf(connection, readSteps(STEPS))).missing;
  if (missing !== undefined) {
    throw new Error(
      `The store was written by an older Errand (it lacks ${missing.name}). ` +
        'Start a platform on it once, or move it without looking first: either brings it up to date.',
    );
  }
}

async function applyMissing(
  connection: Connection,
  { now, steps }: { now: number; steps: readonly Step[] },
): Promise<void> {
  const { missing, isNew } = await stepsOf(connection, steps);
  for (const step of missing) {
    await assertAlone(connection, { now, step, isFirst: isNew });
    await connection.script(step.text);
    const values = [step.version, step.name, step.sha256, now, step.beside];
    await connection.query('INSERT INTO migration VALUES ($1, $2, $3, $4, $5)', values);
  }
}

async function stepsOf(connection: Connection, steps: readonly Step[]): Promise<{ missing: Step[]; isNew: boolean }> {
  const applied = await connection.query('SELECT version, name, sha256, beside FROM migration ORDER BY version');
  for (const [version, name, sha256, beside] of applied) {
    const step = steps.find((one) => one.version === version);
    if (step === undefined && beside !== true) {
      throw new Error(`The store was written by a newer Errand (${String(name)}). Update this one.`);
    }
    if (step !== undefined && step.sha256 !== sha256) {
      throw new Error(`The step ${step.name} was changed after it was applied. Restore its text, or the store.`);
    }
  }
  const isApplied = new Set(applied.map(([version]) => version));
  return { missing: steps.filter(({ version }) => !isApplied.has(version)), isNew: applied.length === 0 };
}

async function assertAlone(
  connection: Connection,
  { now, step, isFirst }: { now: number; step: Step; isFirst: boolean },
): Promise<void> {
  if (isFirst || step.beside) {
    return;
  }
  const [row] = await connection.query(SERVING, [now]);
  const serving = Number(row?.[0] ?? 0);
  if (serving > 0) {
    throw new Error(
      `The step ${step.name} changes what older platforms rely on, and ${serving} serve from this database. ` +
        'Stop them, start this one, then start the others in its version.',
    );
  }
}

function notAllowed(cause: unknown): Error {
  const fix =
    'Let an administrator run, once for the server: CREATE ROLE errand_reader NOLOGIN; CREATE ROLE errand_writer ' +
    'NOLOGIN; GRANT errand_reader, errand_writer TO <the role of DATABASE_URL>; and let that role own the database.';
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`The tables cannot be made (${why}). ${fix}`, { cause });
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function readSteps(folder: URL): Step[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const beside = text.startsWith('-- beside');
      return { version: Number.parseInt(name, 10), name, text, sha256: hash('sha256', text), beside };
    });
}
