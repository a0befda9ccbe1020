/**
 * Every statement of this engine, under one name each: prepared on a connection when it is first used there.
 *
 * Written first, then read; the same names in the same order in every SQL engine, so that the difference between two
 * engines can be read as a diff. Where SQLite runs a statement per row, this one runs once for all rows of a batch:
 * rows come in as one binary parameter (`binary.ts`), and all of a commit is one statement (`write.ts`), however many
 * commands it has.
 */
import { FILE_WEIGHT_LEAST } from '../../core/ports/index.ts';
import {
  BATCH,
  DELEGATION,
  DELEGATION_CHANGES,
  EVENT,
  FILE,
  KEY,
  MEMORY,
  MEMORY_HEAD,
  MESSAGE,
  NOTICE,
  SEAT,
} from './rows.ts';

const COLUMNS = DELEGATION.join(', ');
const PLACED = DELEGATION.map((name) => `d.${name}`).join(', ');
const SEATS = `${SEAT.join(', ')} FROM workspace JOIN slot USING (id)`;

function named(columns: string): string {
  return columns.replaceAll(' ', ', ');
}

function insertInto(table: string, columns: string): string {
  const names = named(columns);
  return `INSERT INTO ${table} (${names}) SELECT ${names} FROM ${given(table)}`;
}

/** All rows of a batch, in one binary parameter (`binary.ts`). */
function given(table: string): string {
  return `unnest($1::given_${table}[])`;
}

const NOTICES = NOTICE.replaceAll(' ', ', ');
const EVENTS = EVENT.replaceAll(' ', ', ');
const PLACED_EVENT = EVENT.replaceAll(/(\w+)/gu, 'e.$1').replaceAll(' ', ', ');
const KEYS = KEY.replaceAll(' ', ', ');
/** Milliseconds by the clock of the database, of this very moment. */
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const NUMBERS = 'SELECT json_array_elements_text($1)::bigint';

/** Adds what is new and replaces what is there. */
function save(table: string, key: string, columns: { all: string; change: string }): string {
  const names = columns.change.split(' ').map((name) => `${name} = excluded.${name}`);
  return `${insertInto(table, columns.all)} ON CONFLICT (${key}) DO UPDATE SET ${names.join(', ')}`;
}

export const SQL = {
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  // The time is read above the lock: when the row is ours, not when we began to wait for it.
  takeLine: `SELECT tick, seq, key, owner, ${NOW} FROM (SELECT tick, seq, key, owner FROM line FOR UPDATE) AS line`,
  // Nothing of the batch is written where somebody else has written since, nor by a clock that is far from the
  // database's: there is no row then, and 1 / 0. The count alone would not tell the commit of another from one's own
  // that was to come before and was refused.
  moveLine: `UPDATE line SET tick = $1::bigint + 1, seq = $2, key = $3, owner = $4
    WHERE tick = $1 AND owner = $8 AND abs(${NOW} - $6) <= $7 RETURNING 1`,
  saveMark: 'INSERT INTO writer VALUES ($4, $5, $6) ON CONFLICT (owner) DO UPDATE SET mark = $5, at = $6',
  markOf: 'SELECT mark FROM writer WHERE owner = $1',
  // Past every commit that was sent ($2) and has not come yet: none of them finds the line where it expects it.
  passLine: `UPDATE line SET tick = tick + 1 + $2 - coalesce((SELECT mark FROM writer WHERE owner = $1), 0)`,

  insertDelegation: insertInto('delegation', `foreign_id ${DELEGATION.join(' ')}`),
  updateDelegation: `UPDATE delegation d SET ${DELEGATION_CHANGES.map((name) => `${name} = v.${name}`).join(', ')}
    FROM ${given('change')} v WHERE d.key = v.key`,
  insertRequest: insertInto('request', 'key task rest'),
  replaceRequest: save('request', 'key', { all: 'key task rest', change: 'task rest' }),
  insertResult: insertInto('result', 'key text parts'),
  insertLate: insertInto('late_result', 'delegation at epoch what excerpt sha256'),
  insertEvent: insertInto('event', EVENT),
  insertNotice: insertInto('notice', NOTICE),
  updateNotice: `UPDATE notice n SET leased_until = v.leased_until, deliveries = v.deliveries,
    acknowledged_at = v.acknowledged_at FROM ${given('notice')} v WHERE n.key = v.key`,
  saveBatch: save('batch', 'key', { all: BATCH, change: 'completed failed cancelled settled_at' }),
  saveWorkspace: save('workspace', 'id', {
    all: 'id org parent state presence seen_at activity profile created_at version',
    change: 'org parent state presence seen_at activity profile version',
  }),
  saveSlot: save('slot', 'id', {
    all: 'id running queued strikes hold_until due_at served durations',
    change: 'running queued strikes hold_until due_at served durations',
  }),
  saveOrganisation: save('organisation', 'id', { all: 'id queued head', change: 'queued head' }),
  saveTurn: save('turn', 'callee, caller, priority', { all: 'callee caller priority given', change: 'given' }),
  remember: insertInto('remembered', 'caller key hash delegation batch'),
  saveKey: save('api_key', 'id', { all: KEY, change: 'name expires_at revoked_at' }),
  serve: `WITH moment AS (SELECT ${NOW} AS now), mine AS (INSERT INTO term
    SELECT 'serving ' || $1::text, $1, 1, now + $2 FROM moment ON CONFLICT (name) DO UPDATE SET until = excluded.until)
    SELECT now, (SELECT seq FROM line),
      (SELECT count(*) FROM term WHERE name LIKE 'serving %' AND owner <> $1 AND until > now) FROM moment`,
  lead: `INSERT INTO term VALUES ('upkeep', $1, 1, ${NOW} + $2) ON CONFLICT (name) DO UPDATE
    SET owner = $1, until = excluded.until, number = term.number + (term.owner <> $1)::integer
    WHERE term.owner = $1 OR term.until <= ${NOW}
    RETURNING number`,
  leave: 'DELETE FROM term WHERE owner = $1',
  tell: "SELECT pg_notify('errand', $1)",
  layouts: `SELECT t.typname::text, t.oid::bigint, a.attname::text, a.atttypid::bigint
    FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
    WHERE t.typname LIKE 'given%' AND t.typnamespace = current_schema()::regnamespace ORDER BY t.typname, a.attnum`,
  wall: "SELECT set_config('errand.org', $1, false)",
  role: `SELECT current_user::text, rolsuper OR rolbypassrls OR EXISTS (SELECT 1 FROM pg_class
    WHERE relname = 'delegation' AND relnamespace = current_schema()::regnamespace AND relowner = pg_roles.oid)
    FROM pg_roles WHERE rolname = current_user`,
  unwalled: `SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relrowsecurity
    AND relnamespace = current_schema()::regnamespace AND relname <> ALL ($1::text[])`,
  saveSecret: 'INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
  insertSecret: insertInto('secret', 'name value'),

  delegationByKey: `SELECT ${COLUMNS} FROM delegation WHERE key = ANY ($1::bigint[])`,
  delegationByForeignId: `SELECT ${COLUMNS} FROM delegation WHERE foreign_id = ANY ($1::text[])`,
  firstQueued: `SELECT ${PLACED} FROM unnest($1::text[], $2::integer[]) AS band (callee, priority), LATERAL (
    SELECT ${COLUMNS} FROM delegation q WHERE q.status = 'queued' AND q.ready
      AND q.callee = band.callee AND q.priority = band.priority ORDER BY q.turn, q.key LIMIT $3) AS d`,
  firstInLane: `SELECT ${PLACED} FROM unnest($1::text[], $2::text[], $3::text[]) AS lane (callee, caller, conversation),
    LATERAL (SELECT ${COLUMNS} FROM delegation q WHERE q.conversation IS NOT NULL AND q.settled_at IS NULL
      AND q.callee = lane.callee AND q.caller = lane.caller AND q.conversation = lane.conversation) AS d`,
  aheadInBand: `SELECT count(*) FROM (SELECT 1 FROM delegation
    WHERE status = 'queued' AND ready AND callee = $1 AND priority = $2 AND (turn, key) < ($3, $4) LIMIT 10000) AS ahead`,
  aheadInHigher: `SELECT count(*) FROM (SELECT 1 FROM delegation
    WHERE status = 'queued' AND ready AND callee = $1 AND priority > $2 LIMIT 10000) AS ahead`,
  liveChildren: `SELECT ${COLUMNS} FROM delegation WHERE parent = ANY ($1::bigint[]) AND settled_at IS NULL`,
  children: `SELECT ${PLACED} FROM unnest($1::bigint[]) AS asked (parent), LATERAL (
    SELECT ${COLUMNS} FROM delegation q WHERE q.parent = asked.parent ORDER BY q.key LIMIT 1000) AS d`,
  countLiveUnder: `SELECT root, count(*) FROM delegation WHERE root = ANY ($1::bigint[]) AND settled_at IS NULL
    GROUP BY root`,
  liveAt: `SELECT ${PLACED} FROM unnest($1::text[]) AS at (callee), LATERAL (
    SELECT ${COLUMNS} FROM delegation q WHERE q.callee = at.callee AND q.settled_at IS NULL ORDER BY q.key LIMIT $2) AS d`,
  due: `SELECT ${COLUMNS} FROM delegation WHERE due_at <= $1 ORDER BY due_at LIMIT $2`,
  nextDue: 'SELECT min(due_at) FROM delegation WHERE due_at IS NOT NULL',
  dueWorkspaces: 'SELECT id FROM slot WHERE due_at <= $1 ORDER BY due_at LIMIT $2',
  nextDueWorkspace: 'SELECT min(due_at) FROM slot WHERE due_at IS NOT NULL',
  runningOf: `SELECT ${COLUMNS} FROM delegation
    WHERE due_at IS NOT NULL AND owner IS NOT NULL AND owner <> $1 AND owner <> callee LIMIT $2`,
  requestByKey: 'SELECT key, task, rest FROM request WHERE key = ANY ($1::bigint[])',
  resultByKey: `SELECT key, text, parts, result_length, result_sha256 FROM result JOIN delegation USING (key)
    WHERE key = ANY ($1::bigint[])`,
  previewByKey: `SELECT key, CASE WHEN text LIKE chr(1) || '%' THEN text ELSE left(text, $2) END, NULL,
    result_length, result_sha256 FROM result JOIN delegation USING (key) WHERE key = ANY ($1::bigint[])`,
  lateOf: `SELECT delegation, at, epoch, what, excerpt, sha256 FROM late_result
    WHERE delegation = ANY ($1::bigint[]) ORDER BY number`,
  countLate: 'SELECT delegation, count(*) FROM late_result WHERE delegation = ANY ($1::bigint[]) GROUP BY delegation',
  lastSeq: 'SELECT seq FROM line',
  eventsOf: `SELECT ${PLACED_EVENT} FROM unnest($1::bigint[]) AS asked (delegation), LATERAL (
    SELECT ${EVENTS} FROM event q WHERE q.delegation = asked.delegation ORDER BY q.n LIMIT $2) AS e`,
  noticeByKey: `SELECT ${NOTICES} FROM notice WHERE key = ANY ($1::bigint[])`,
  freeNotices: `SELECT n.* FROM unnest($1::text[]) AS inbox (workspace), LATERAL (
    SELECT ${NOTICES} FROM notice q WHERE q.workspace = inbox.workspace AND q.acknowledged_at IS NULL
      AND (q.leased_until IS NULL OR q.leased_until <= $2) ORDER BY q.key LIMIT $3) AS n`,
  unacknowledged: `SELECT ${NOTICES} FROM notice WHERE acknowledged_at IS NULL AND workspace = $1 ORDER BY key LIMIT $2`,
  batchByKey: `SELECT ${named(BATCH)} FROM batch WHERE key = ANY ($1::bigint[])`,
  workspaceById: `SELECT ${SEATS} WHERE id = ANY ($1::text[])`,
  workspacesOf: `SELECT ${SEATS} WHERE ($1::text IS NULL OR org = $1) AND id > $2 ORDER BY id LIMIT $3`,
  neighbours: `SELECT ${SEATS} WHERE org = $1 AND state <> 'removed' AND id <> $2
    AND (parent IS NOT DISTINCT FROM $3 OR parent = $2 OR id = $3) ORDER BY id LIMIT $4`,
  organisation: 'SELECT id, queued, head FROM organisation WHERE id = ANY ($1::text[])',
  turnGiven: `SELECT t.callee, t.caller, t.priority, t.given FROM turn t
    JOIN unnest($1::text[], $2::text[], $3::integer[]) AS asked (callee, caller, priority)
    USING (callee, caller, priority)`,
  remembered: `SELECT r.caller, r.key, r.hash, r.delegation, r.batch FROM remembered r
    JOIN unnest($1::text[], $2::text[]) AS asked (caller, key) USING (caller, key)`,
  keyById: `SELECT ${KEYS} FROM api_key WHERE id = ANY ($1::text[])`,
  keyByHash: `SELECT ${KEYS} FROM api_key WHERE hash = $1`,
  keysOf: `SELECT ${KEYS} FROM api_key WHERE org = $1 AND workspace IS NOT DISTINCT FROM $2 ORDER BY id`,
  countKeys: `SELECT workspace, count(*) FROM api_key WHERE workspace = ANY ($1::text[]) AND revoked_at IS NULL
    GROUP BY workspace`,
  secret: 'SELECT value FROM secret WHERE name = $1',
  counts: `SELECT (SELECT count(*) FROM delegation WHERE due_at IS NOT NULL),
    (SELECT coalesce(sum(queued), 0) FROM slot), (SELECT coalesce(sum(running), 0) FROM slot),
    (SELECT count(*) FROM notice WHERE acknowledged_at IS NULL)`,

  oldest: `SELECT d.key, d.settled_at, (n.key IS NOT NULL AND n.acknowledged_at IS NULL)
      OR (d.batch IS NOT NULL AND b.settled_at IS NULL)
    FROM delegation d LEFT JOIN notice n ON n.key = coalesce(d.batch, d.key) LEFT JOIN batch b ON b.key = d.batch
    ORDER BY d.key LIMIT $1`,
  pruneDelegation: `DELETE FROM delegation WHERE key IN (${NUMBERS})`,
  pruneRequest: `DELETE FROM request WHERE key IN (${NUMBERS})`,
  pruneResult: `DELETE FROM result WHERE key IN (${NUMBERS})`,
  pruneLate: `DELETE FROM late_result WHERE delegation IN (${NUMBERS})`,
  pruneRemembered: `DELETE FROM remembered WHERE delegation IN (${NUMBERS})`,
  pruneNotices: `DELETE FROM notice WHERE key IN (SELECT n.key FROM notice n, json_to_record($1) AS given
    (before bigint, kept bigint, most bigint) WHERE created_at < before
    AND (acknowledged_at IS NOT NULL OR created_at < kept) ORDER BY n.key LIMIT (($1::json ->> 'most')::bigint))`,

  insertMessage: insertInto('message', MESSAGE),
  useFile: `UPDATE file f SET used_by = v.used_by FROM (SELECT id, max(used_by) AS used_by FROM ${given('file_use')}
    GROUP BY id) AS v WHERE f.id = v.id`,
  insertFile: insertInto('file', FILE),
  insertFilePart: `INSERT INTO file_part (file, org, place, bytes)
    SELECT file, org, place, decode(bytes, 'hex') FROM ${given('file_part')}`,
  beginFile: `INSERT INTO file (${named(FILE)}) VALUES ($1, $2, $3, $4, '', 0, NULL, NULL, $5)`,
  saveFilePart: `WITH there AS (SELECT size FROM file WHERE id = $1 AND sha256 IS NULL FOR UPDATE),
    room AS (SELECT coalesce((SELECT sum(greatest(size, ${FILE_WEIGHT_LEAST})) FROM file WHERE org = $2), 0)
      + greatest(size + $5::bigint, ${FILE_WEIGHT_LEAST}) - greatest(size, ${FILE_WEIGHT_LEAST}) <= $6 AS is_left
      FROM there),
    kept AS (INSERT INTO file_part (file, org, place, bytes)
      SELECT $1, $2, $3::integer, $4::bytea FROM room WHERE is_left RETURNING 1),
    grown AS (UPDATE file SET size = size + $5 WHERE id = $1 AND EXISTS (SELECT 1 FROM kept) RETURNING 1)
    SELECT true, is_left FROM room`,
  finishFile: `UPDATE file SET mime_type = $2, sha256 = $3 WHERE id = $1 RETURNING ${named(FILE)}`,
  closeFile: 'UPDATE file SET sha256 = NULL WHERE id = $1 AND sha256 IS NOT NULL',
  removeFilePart: `DELETE FROM file_part WHERE file = $1
    AND place = (SELECT max(place) FROM file_part WHERE file = $1) RETURNING 1`,
  removeFile: 'DELETE FROM file WHERE id = $1',
  messageByKey: `SELECT ${named(MESSAGE)} FROM message WHERE key = ANY ($1::bigint[])`,
  messagesOf: `SELECT ${named(MESSAGE)} FROM message WHERE workspace = $1 AND key < $2 ORDER BY key DESC LIMIT $3`,
  fileById: `SELECT ${named(FILE)} FROM file WHERE id = ANY ($1::text[]) AND sha256 IS NOT NULL`,
  filePart: 'SELECT bytes FROM file_part WHERE file = $1 AND place = $2',
  forgetMessages: `WITH old AS (DELETE FROM message WHERE key IN (SELECT m.key FROM message m WHERE m.created_at < $1
      AND NOT EXISTS (SELECT 1 FROM delegation d WHERE d.key = m.delegation) ORDER BY m.created_at LIMIT $3)
      RETURNING key),
    loose AS (SELECT id FROM file WHERE (used_by IS NULL OR sha256 IS NULL) AND created_at < $2
      ORDER BY created_at LIMIT $3),
    closed AS (UPDATE file SET sha256 = NULL WHERE id IN (SELECT id FROM loose
      UNION SELECT f.id FROM file f JOIN old ON f.used_by = old.key) RETURNING id)
    SELECT counted.messages, closed.id FROM (SELECT count(*) AS messages FROM old) AS counted LEFT JOIN closed ON true`,
  insertMemory: `INSERT INTO memory (${named(MEMORY)}, terms)
    SELECT ${named(MEMORY)}, array_to_tsvector(string_to_array(terms, ' ')) FROM ${given('memory')}`,
  forgetMemory: `DELETE FROM memory WHERE key IN (${NUMBERS})`,
  forgetLocal: `DELETE FROM memory WHERE scope = 'LOCAL' AND workspace IN (SELECT json_array_elements_text($1))`,
  memoryByKey: `SELECT ${named(MEMORY)} FROM memory WHERE key = ANY ($1::bigint[])`,
  memoryHead: `SELECT ${named(MEMORY_HEAD)} FROM memory WHERE key = ANY ($1::bigint[])`,
  countMemories: `SELECT workspace, count(*), count(*) FILTER (WHERE scope = 'LOCAL') FROM memory
    WHERE workspace = ANY ($1::text[]) GROUP BY workspace`,
  teamAuthors: `WITH RECURSIVE author (id) AS (
    (SELECT workspace FROM memory WHERE scope = 'TEAM' AND org = $1 ORDER BY workspace LIMIT 1)
    UNION ALL SELECT (SELECT m.workspace FROM memory m
      WHERE m.scope = 'TEAM' AND m.org = $1 AND m.workspace > author.id ORDER BY m.workspace LIMIT 1)
      FROM author WHERE author.id IS NOT NULL)
    SELECT id FROM author WHERE id IS NOT NULL`,
} as const;

export type StatementName = keyof typeof SQL;
