/**
 * Where each kind of record stands in this store: its table, the order it is read in, how a row becomes a record and a
 * record a row.
 *
 * The chains of this engine are no part of a record: they are tied anew while rows are put, by whoever puts them.
 */
import type { Kind, Records } from '../../core/ports/index.ts';
import * as rows from './rows.ts';
import type { Row } from './rows.ts';
import { fileMemory } from './memories.ts';
import { DELEGATION, MEMORY, SEAT } from './rows.ts';
import type { Statements } from './statements.ts';

export interface Shelf<R> {
  table: string;
  columns: string;
  /** The columns of its order, which is that of an index. */
  by: readonly string[];
  read: (row: Row) => R;
  put: (desk: Desk, record: R) => void;
}

export interface Desk {
  sql: Statements;
  /** Puts a row at the end of one of a seat's chains; answers with the one before it. */
  chain: (id: string, name: keyof rows.Chains, last: number) => number | null;
}

const PLACE = `(SELECT count(*) FROM late_result b WHERE b.delegation = late_result.delegation
  AND b.rowid < late_result.rowid)`;

export const SHELVES: { [K in Kind]: Shelf<Records[K]> } = {
  secret: {
    table: 'secret',
    columns: 'name, value',
    by: ['name'],
    read: ([name, value]) => ({ name, value }) as Records['secret'],
    put: ({ sql }, { name, value }) => sql.saveSecret.run(name, value),
  },
  organisation: {
    table: 'organisation',
    columns: 'id, queued, head',
    by: ['id'],
    read: ([id, queued, head]) => ({ id, queued, head }) as Records['organisation'],
    put: ({ sql }, { id, queued, head }) => sql.saveOrganisation.run(id, queued, head),
  },
  workspace: {
    table: 'workspace JOIN slot USING (id)',
    columns: `${SEAT.join(', ')}, due_at`,
    by: ['id'],
    read: (row) => ({ ...rows.workspaceOf(row), dueAt: row[SEAT.length] as number | null }),
    put({ sql }, { dueAt, ...seat }) {
      sql.saveWorkspace.run(...rows.workspaceValues(seat));
      sql.saveSlot.run(...rows.slotValues(seat, rows.NO_CHAINS, dueAt));
    },
  },
  key: {
    table: 'api_key',
    columns: '*',
    by: ['id'],
    read: rows.keyRowOf,
    put: ({ sql }, key) => sql.saveKey.run(...rows.keyValues(key)),
  },
  batch: {
    table: 'batch',
    columns: '*',
    by: ['key'],
    read: rows.batchOf,
    put: ({ sql }, batch) => sql.saveBatch.run(...rows.batchValues(batch)),
  },
  delegation: {
    table: 'delegation',
    columns: DELEGATION.join(', '),
    by: ['key'],
    read: rows.delegationOf,
    put({ sql, chain }, delegation) {
      const made = chain(delegation.caller, 'made', delegation.key);
      const taken = chain(delegation.callee, 'taken', delegation.key);
      sql.insertDelegation.run(...rows.delegationValues(delegation), made, taken);
    },
  },
  request: {
    table: 'request',
    columns: 'key, task, rest',
    by: ['key'],
    read: (row) => ({ key: row[0] as number, request: rows.requestOf(row) }),
    put: ({ sql }, { key, request }) => sql.insertRequest.run(...rows.requestValues(key, request)),
  },
  result: {
    table: 'result JOIN delegation USING (key)',
    columns: 'key, text, parts, result_length, result_sha256',
    by: ['key'],
    read: (row) => ({ key: row[0] as number, result: rows.resultOf(row) }),
    put: ({ sql }, { key, result }) => sql.insertResult.run(...rows.resultValues(key, result)),
  },
  late: {
    table: 'late_result',
    columns: `delegation, at, epoch, what, excerpt, sha256, ${PLACE}`,
    by: ['rowid'],
    read: (row) => ({ ...rows.lateOf(row), place: row[6] as number }),
    put: ({ sql }, { delegation, at, epoch, what, excerpt, sha256 }) =>
      sql.insertLate.run(delegation, at, epoch, what, excerpt, sha256),
  },
  turn: {
    table: 'turn',
    columns: 'callee, caller, priority, given',
    by: ['callee', 'caller', 'priority'],
    read: ([callee, caller, priority, given]) => ({ callee, caller, priority, given }) as Records['turn'],
    put: ({ sql }, { callee, caller, priority, given }) => sql.saveTurn.run(callee, caller, priority, given),
  },
  remembered: {
    table: 'remembered',
    columns: 'caller, key, hash, delegation, batch',
    by: ['caller', 'key'],
    read: ([caller, key, hash, delegation, batch]) =>
      ({ caller, key, hash, delegation, batch }) as Records['remembered'],
    put: ({ sql }, { caller, key, hash, delegation, batch }) => sql.remember.run(caller, key, hash, delegation, batch),
  },
  notice: {
    table: 'notice',
    columns: '*',
    by: ['key'],
    read: rows.noticeOf,
    put: ({ sql }, notice) => sql.insertNotice.run(...rows.noticeValues(notice)),
  },
  event: {
    table: 'event',
    columns: '*',
    by: ['seq'],
    read: rows.eventOf,
    put({ sql, chain }, event) {
      const own = chain(event.workspace, 'logged', event.seq);
      const peer = event.peer === null ? null : chain(event.peer, 'logged', event.seq);
      sql.insertEvent.run(...rows.eventValues(event, JSON.stringify(event.data), { own, peer }));
    },
  },
  message: {
    table: 'message',
    columns: rows.MESSAGE,
    by: ['key'],
    read: rows.messageOf,
    put: ({ sql }, message) => sql.insertMessage.run(...rows.messageValues(message)),
  },
  file: {
    table: 'file',
    columns: rows.FILE,
    by: ['id'],
    read: rows.fileOf,
    put: ({ sql }, file) => sql.insertFile.run(...rows.fileValues(file)),
  },
  part: {
    table: 'file_part',
    columns: 'file, org, place, hex(bytes)',
    by: ['file', 'place'],
    read: ([file, org, place, bytes]) =>
      ({ file, org, place, bytes: Buffer.from(bytes as string, 'hex').toString('base64') }) as Records['part'],
    put: ({ sql }, { file, org, place, bytes }) =>
      sql.insertFilePart.run(file, org, place, Buffer.from(bytes, 'base64')),
  },
  memory: {
    table: 'memory',
    columns: MEMORY,
    by: ['key'],
    read: rows.memoryOf,
    put: ({ sql }, memory) => fileMemory(sql, memory),
  },
};
