/**
 * Where each kind of record stands in this store: its table, the order it is read in, how a row becomes a record and
 * records become rows.
 *
 * What may be long is named, so that the database can end a page before it is too much to send.
 */
import type { Kind, Records } from '../../core/ports/index.ts';
import type { Row, Values } from './rows.ts';
import * as rows from './rows.ts';
import { DELEGATION, MEMORY, SEAT } from './rows.ts';
import type { StatementName } from './statements.ts';

export interface Shelf<R> {
  table: string;
  columns: string;
  /** The columns of its order, which is that of an index, and their types. */
  by: readonly (readonly [column: string, type: string])[];
  /** Columns whose texts may be long. */
  long: readonly string[];
  read: (row: Row) => R;
  put: readonly { statement: StatementName; row: (record: R) => Values }[];
}

const PLACE = `(SELECT count(*) FROM late_result b WHERE b.delegation = page.delegation AND b.number < page.number)`;

/** Row by row: joined, each page would walk the other index from its beginning. */
function ofDelegation(column: string): string {
  return `(SELECT d.${column} FROM delegation d WHERE d.key = page.key)`;
}

export const SHELVES: { [K in Kind]: Shelf<Records[K]> } = {
  secret: {
    table: 'secret',
    columns: 'name, value',
    by: [['name', 'text']],
    long: [],
    read: ([name, value]) => ({ name, value }) as Records['secret'],
    put: [{ statement: 'insertSecret', row: (secret) => ({ ...secret }) }],
  },
  organisation: {
    table: 'organisation',
    columns: 'id, queued, head',
    by: [['id', 'text']],
    long: [],
    read: ([id, queued, head]) => ({ id, queued, head }) as Records['organisation'],
    put: [{ statement: 'saveOrganisation', row: (organisation) => ({ ...organisation }) }],
  },
  workspace: {
    table: 'workspace JOIN slot USING (id)',
    columns: `${SEAT.join(', ')}, due_at`,
    by: [['id', 'text']],
    long: ['profile', 'activity'],
    read: (row) => ({ ...rows.workspaceOf(row), dueAt: row[SEAT.length] as number | null }),
    put: [
      { statement: 'saveWorkspace', row: rows.workspaceValues },
      { statement: 'saveSlot', row: (seat) => rows.slotValues(seat, seat.dueAt) },
    ],
  },
  key: {
    table: 'api_key',
    columns: '*',
    by: [['id', 'text']],
    long: [],
    read: rows.keyRowOf,
    put: [{ statement: 'saveKey', row: rows.keyValues }],
  },
  batch: {
    table: 'batch',
    columns: '*',
    by: [['key', 'bigint']],
    long: [],
    read: rows.batchOf,
    put: [{ statement: 'saveBatch', row: rows.batchValues }],
  },
  delegation: {
    table: 'delegation',
    columns: DELEGATION.join(', '),
    by: [['key', 'bigint']],
    long: ['error', 'detail'],
    read: rows.delegationOf,
    put: [{ statement: 'insertDelegation', row: rows.delegationValues }],
  },
  request: {
    table: 'request',
    columns: 'key, task, rest',
    by: [['key', 'bigint']],
    long: ['task', 'rest'],
    read: (row) => ({ key: row[0] as number, request: rows.requestOf(row) }),
    put: [{ statement: 'insertRequest', row: ({ key, request }) => rows.requestValues(key, request) }],
  },
  result: {
    table: 'result',
    columns: `key, text, parts, ${ofDelegation('result_length')}, ${ofDelegation('result_sha256')}`,
    by: [['key', 'bigint']],
    long: ['text', 'parts'],
    read: (row) => ({ key: row[0] as number, result: rows.resultOf(row) }),
    put: [{ statement: 'insertResult', row: ({ key, result }) => rows.resultValues(key, result) }],
  },
  late: {
    table: 'late_result',
    columns: `delegation, at, epoch, what, excerpt, sha256, ${PLACE}`,
    by: [['number', 'bigint']],
    long: ['excerpt'],
    read: (row) => ({ ...rows.lateOf(row), place: row[6] as number }),
    put: [{ statement: 'insertLate', row: ({ place: _place, ...late }) => rows.lateValues(late) }],
  },
  turn: {
    table: 'turn',
    columns: 'callee, caller, priority, given',
    by: [
      ['callee', 'text'],
      ['caller', 'text'],
      ['priority', 'integer'],
    ],
    long: [],
    read: ([callee, caller, priority, given]) => ({ callee, caller, priority, given }) as Records['turn'],
    put: [{ statement: 'saveTurn', row: (turn) => ({ ...turn }) }],
  },
  remembered: {
    table: 'remembered',
    columns: 'caller, key, hash, delegation, batch',
    by: [
      ['caller', 'text'],
      ['key', 'text'],
    ],
    long: [],
    read: ([caller, key, hash, delegation, batch]) =>
      ({ caller, key: rows.fromText(key as string), hash, delegation, batch }) as Records['remembered'],
    put: [{ statement: 'remember', row: (one) => ({ ...one, key: rows.toText(one.key) }) }],
  },
  notice: {
    table: 'notice',
    columns: '*',
    by: [['key', 'bigint']],
    long: [],
    read: rows.noticeOf,
    put: [{ statement: 'insertNotice', row: rows.noticeValues }],
  },
  event: {
    table: 'event',
    columns: 'seq, type, at, org, workspace, peer, actor, delegation, delegation_id, n, data, hash',
    by: [['seq', 'bigint']],
    long: ['data'],
    read: rows.eventOf,
    put: [{ statement: 'insertEvent', row: (event) => rows.eventValues(event, JSON.stringify(event.data)) }],
  },
  message: {
    table: 'message',
    columns: rows.MESSAGE.replaceAll(' ', ', '),
    by: [['key', 'bigint']],
    long: ['text', 'attachments'],
    read: rows.messageOf,
    put: [{ statement: 'insertMessage', row: rows.messageValues }],
  },
  file: {
    table: 'file',
    columns: rows.FILE.replaceAll(' ', ', '),
    by: [['id', 'text']],
    long: [],
    read: rows.fileOf,
    put: [{ statement: 'insertFile', row: rows.fileValues }],
  },
  part: {
    table: 'file_part',
    columns: "file, org, place, encode(bytes, 'hex')",
    by: [
      ['file', 'text'],
      ['place', 'integer'],
    ],
    long: ['bytes'],
    read: rows.partOf,
    put: [{ statement: 'insertFilePart', row: rows.partValues }],
  },
  memory: {
    table: 'memory',
    columns: MEMORY.replaceAll(' ', ', '),
    by: [['key', 'bigint']],
    long: ['content'],
    read: rows.memoryOf,
    put: [{ statement: 'insertMemory', row: rows.memoryValues }],
  },
};
