/**
 * Sends what a batch has changed as one statement: a part for each table that changed, all or nothing.
 *
 * Its first part moves the row of `line` and fails where somebody else has moved it. One statement is one message,
 * one plan and one transaction by itself (measured: sent as twelve, a commit of 64 commands takes twice as long).
 */
import type { Limits } from '../../core/delegation/index.ts';
import { workspaceDueAt } from '../../core/workspace/index.ts';
import type { Changes } from './changes.ts';
import type { Connection, Part } from './connection.ts';
import * as rows from './rows.ts';
import type { Values } from './rows.ts';
import type { StatementName } from './statements.ts';

/** What the one statement says besides the rows: where the log stands, and who writes. */
export interface Head {
  /** Where the line stood, and who had moved it there. */
  after: { tick: number; owner: string };
  seq: number;
  key: number;
  owner: string;
  mark: number;
  at: number;
  /** How far `at` may be from the database's own time. */
  offMsMax: number;
}

export async function write(connection: Connection, changes: Changes, about: Head & { limits: Limits }): Promise<void> {
  const parts = partsOf(changes, about.limits);
  const { after, seq, key, owner, mark, at, offMsMax } = about;
  await connection.compose(parts, [after.tick, seq, key, owner, mark, at, offMsMax, after.owner]);
}

function partsOf(changes: Changes, limits: Limits): Part[] {
  const parts: Part[] = [];
  const send: Send = (name, values) => {
    if (values.length > 0) {
      parts.push({ name, rows: values });
    }
  };
  writeDelegations(changes, send);
  send(
    'insertEvent',
    changes.events.map(({ event, data }) => rows.eventValues(event, data)),
  );
  writeNotices(changes, send);
  writeSeats(changes, limits, send);
  send('saveBatch', each(changes.batches, rows.batchValues));
  send(
    'saveOrganisation',
    [...changes.organisations].map(([id, { queued, head }]) => ({ id, queued, head })),
  );
  send(
    'saveTurn',
    each(changes.turns, ({ turn, given }) => ({ ...turn, given })),
  );
  send(
    'remember',
    each(changes.remembered, ({ caller, key, what }) => ({ caller, key: rows.toText(key), ...what })),
  );
  send('saveKey', each(changes.keys, rows.keyValues));
  send('insertMessage', changes.messages.map(rows.messageValues));
  send('useFile', changes.messages.flatMap(rows.fileUses));
  send('insertMemory', each(changes.memories, rows.memoryValues));
  return [...parts, ...prunedOf(changes), ...forgottenOf(changes)];
}

function writeSeats(changes: Changes, limits: Limits, send: Send): void {
  const seats = [...changes.seats.values()];
  send(
    'saveWorkspace',
    seats.filter(({ id }) => changes.profiles.has(id)).map((seat) => rows.workspaceValues(seat)),
  );
  send(
    'saveSlot',
    seats.map((seat) => rows.slotValues(seat, workspaceDueAt(seat, limits.presenceMs))),
  );
}

type Send = (name: StatementName, values: Values[]) => void;

function writeDelegations(changes: Changes, send: Send): void {
  const all = [...changes.delegations.values()];
  const isNew = ({ before, after }: (typeof all)[number]) => before === undefined && changes.requests.has(after.key);
  send(
    'insertDelegation',
    all.filter(isNew).map(({ after }) => rows.delegationValues(after)),
  );
  send(
    'updateDelegation',
    all.filter((one) => !isNew(one)).map(({ after }) => rows.delegationChanges(after)),
  );
  send('insertRequest', keyed(changes.requests, rows.requestValues));
  send('replaceRequest', keyed(changes.replacedRequests, rows.requestValues));
  send('insertResult', keyed(changes.results, rows.resultValues));
  send('insertLate', changes.late.map(rows.lateValues));
}

function writeNotices(changes: Changes, send: Send): void {
  const all = [...changes.notices.values()];
  const values = (isNew: boolean) =>
    all.filter((one) => one.isNew === isNew).map(({ notice }) => rows.noticeValues(notice));
  send('insertNotice', values(true));
  send('updateNotice', values(false));
}

function prunedOf(changes: Changes): Part[] {
  const keys = [...changes.pruned];
  const names = ['pruneDelegation', 'pruneRequest', 'pruneResult', 'pruneLate', 'pruneRemembered'] as const;
  return [
    ...(changes.prunedNotices === undefined ? [] : [{ name: 'pruneNotices', rows: changes.prunedNotices } as const]),
    ...(keys.length === 0 ? [] : names.map((name) => ({ name, rows: keys }))),
  ];
}

function forgottenOf({ forgotten, forgottenLocal }: Changes): Part[] {
  return [
    ...(forgotten.size === 0 ? [] : [{ name: 'forgetMemory', rows: [...forgotten] } as const]),
    ...(forgottenLocal.size === 0 ? [] : [{ name: 'forgetLocal', rows: [...forgottenLocal] } as const]),
  ];
}

function each<Value>(map: ReadonlyMap<unknown, Value>, values: (value: Value) => Values): Values[] {
  return [...map.values()].map((value) => values(value));
}

function keyed<Value>(map: ReadonlyMap<number, Value>, values: (key: number, value: Value) => Values): Values[] {
  return [...map].map(([key, value]) => values(key, value));
}
