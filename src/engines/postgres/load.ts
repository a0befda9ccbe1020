/**
 * Gets to know what the law needs: one statement per kind, all sent together, the answers written on the sheet.
 *
 * What was asked for and is not there is written down too, as null or as nothing, so that it is not asked for again.
 */
import { BANDS, type Delegation, type LaneKey } from '../../core/delegation/index.ts';
import type { Connection } from './connection.ts';
import type { Asked, Needs } from './needs.ts';
import * as rows from './rows.ts';
import type { Row } from './rows.ts';
import { laneName, queueName, turnName, type Sheet } from './sheet.ts';

/** Of a queue, so many more than last time where that was not enough. */
const QUEUE_FIRST = 64;
const LIVE_AT_MAX = 1000;
const INBOX_MAX = 1000;

interface Loading {
  connection: Connection;
  sheet: Sheet;
  needs: Needs;
  now: number;
}

export async function load(loading: Loading): Promise<void> {
  await Promise.all([
    ...singles(loading),
    ...lists(loading),
    ...counts(loading),
    loadQueues(loading),
    loadOldest(loading),
  ]);
}

function singles(loading: Loading): Promise<void>[] {
  const { sheet } = loading;
  return [
    each(loading, 'delegations', {
      ask: (keys, run) => run('delegationByKey', [keys]),
      none: (key) => sheet.delegations.set(key, null),
      take: (row) => take(sheet, row),
    }),
    each(loading, 'foreign', {
      ask: (ids, run) => run('delegationByForeignId', [ids]),
      none: (id) => sheet.foreign.set(id, null),
      take: (row) => {
        const { id, key } = take(sheet, row);
        sheet.foreign.set(id, key);
      },
    }),
    each(loading, 'seats', {
      ask: (ids, run) => run('workspaceById', [ids]),
      none: (id) => sheet.seats.set(id, null),
      take: (row) => sheet.seats.set(row[0] as string, rows.workspaceOf(row)),
    }),
    each(loading, 'organisations', {
      ask: (ids, run) => run('organisation', [ids]),
      none: (id) => sheet.organisations.set(id, { queued: 0, head: '' }),
      take: (row) => sheet.organisations.set(row[0] as string, { queued: row[1] as number, head: row[2] as string }),
    }),
    each(loading, 'turns', {
      ask: (turns, run) =>
        run('turnGiven', [
          turns.map(({ callee }) => callee),
          turns.map(({ caller }) => caller),
          turns.map(({ priority }) => priority),
        ]),
      none: (turn) => sheet.turns.set(turnName(turn), 0),
      take: ([callee, caller, priority, given]) => {
        const turn = { callee, caller, priority } as Asked['turns'];
        sheet.turns.set(turnName(turn), given as number);
      },
    }),
    each(loading, 'batches', {
      ask: (keys, run) => run('batchByKey', [keys]),
      none: (key) => sheet.batches.set(key, null),
      take: (row) => sheet.batches.set(row[0] as number, rows.batchOf(row)),
    }),
    each(loading, 'remembered', {
      ask: (asked, run) =>
        run('remembered', [asked.map(({ caller }) => caller), asked.map(({ key }) => rows.toText(key))]),
      none: ({ caller, key }) => sheet.remembered.set(JSON.stringify([caller, key]), null),
      take: ([caller, key, hash, delegation, batch]) => {
        const what = { hash, delegation, batch } as { hash: string; delegation: number | null; batch: number | null };
        sheet.remembered.set(JSON.stringify([caller, rows.fromText(key as string)]), what);
      },
    }),
    each(loading, 'notices', {
      ask: (keys, run) => run('noticeByKey', [keys]),
      none: (key) => sheet.notices.set(key, null),
      take: (row) => sheet.notices.set(row[0] as number, rows.noticeOf(row)),
    }),
    each(loading, 'keys', {
      ask: (ids, run) => run('keyById', [ids]),
      none: (id) => sheet.keys.set(id, null),
      take: (row) => sheet.keys.set(row[0] as string, rows.keyRowOf(row)),
    }),
    each(loading, 'memories', {
      ask: (keys, run) => run('memoryHead', [keys]),
      none: (key) => sheet.memories.set(key, null),
      take: (row) => sheet.memories.set(row[0] as number, rows.memoryHeadOf(row)),
    }),
  ];
}

function lists(loading: Loading): Promise<void>[] {
  const { sheet, now } = loading;
  return [
    each(loading, 'lanes', {
      ask: (lanes, run) =>
        run('firstInLane', [
          lanes.map(({ callee }) => callee),
          lanes.map(({ caller }) => caller),
          lanes.map(({ conversation }) => rows.toText(conversation)),
        ]),
      none: (lane) => sheet.lanes.set(laneName(lane), []),
      take: (row) => {
        const one = take(sheet, row);
        sheet.lanes.get(laneName(one as Delegation & LaneKey))?.push(one);
      },
    }),
    each(loading, 'children', {
      ask: (keys, run) => run('liveChildren', [keys]),
      none: (key) => sheet.children.set(key, []),
      take: (row) => {
        const child = take(sheet, row);
        sheet.children.get(child.parent ?? 0)?.push(child);
      },
    }),
    each(loading, 'liveAt', {
      ask: (callees, run) => run('liveAt', [callees, LIVE_AT_MAX]),
      none: (callee) => sheet.liveAt.set(callee, []),
      take: (row) => {
        const one = take(sheet, row);
        sheet.liveAt.get(one.callee)?.push(one);
      },
    }),
    each(loading, 'inboxes', {
      ask: (workspaces, run) => run('freeNotices', [workspaces, now, INBOX_MAX]),
      none: (workspace) => sheet.inboxes.set(workspace, []),
      take: (row) => {
        const notice = rows.noticeOf(row);
        sheet.inboxes.get(notice.workspace)?.push(notice);
      },
    }),
  ];
}

function counts(loading: Loading): Promise<void>[] {
  const { sheet } = loading;
  return [
    each(loading, 'under', {
      ask: (keys, run) => run('countLiveUnder', [keys]),
      none: (key) => sheet.under.set(key, 0),
      take: ([key, count]) => sheet.under.set(key as number, count as number),
    }),
    each(loading, 'keyCounts', {
      ask: (workspaces, run) => run('countKeys', [workspaces]),
      none: (workspace) => sheet.keyCounts.set(workspace, 0),
      take: ([workspace, count]) => sheet.keyCounts.set(workspace as string, count as number),
    }),
    each(loading, 'late', {
      ask: (keys, run) => run('countLate', [keys]),
      none: (key) => sheet.late.set(key, 0),
      take: ([key, count]) => sheet.late.set(key as number, count as number),
    }),
    each(loading, 'memoryCounts', {
      ask: (workspaces, run) => run('countMemories', [workspaces]),
      none: (workspace) => sheet.memoryCounts.set(workspace, { all: 0, local: 0 }),
      take: ([workspace, all, local]) =>
        sheet.memoryCounts.set(workspace as string, { all: all as number, local: local as number }),
    }),
  ];
}

interface How<Kind extends keyof Asked> {
  ask: (asked: Asked[Kind][], run: Connection['run']) => Promise<Row[]>;
  none: (one: Asked[Kind]) => unknown;
  take: (row: Row) => unknown;
}

async function each<Kind extends keyof Asked>(loading: Loading, kind: Kind, how: How<Kind>): Promise<void> {
  const asked = loading.needs.of(kind);
  if (asked.length === 0) {
    return;
  }
  const found = await how.ask(asked, async (name, values) => loading.connection.run(name, values));
  for (const one of asked) {
    how.none(one);
  }
  for (const row of found) {
    how.take(row);
  }
}

async function loadQueues({ connection, sheet, needs }: Loading): Promise<void> {
  const callees = needs.of('queues');
  if (callees.length === 0) {
    return;
  }
  const bands = callees.flatMap((callee) => BANDS.map((priority) => ({ callee, priority })));
  const names = bands.map(({ callee, priority }) => queueName(callee, priority));
  const before = Math.max(0, ...names.map((name) => sheet.queues.get(name)?.asked ?? 0));
  const asked = Math.max(QUEUE_FIRST, before * 2);
  const of = [bands.map(({ callee }) => callee), bands.map(({ priority }) => priority), asked];
  const found = await connection.run('firstQueued', of);
  for (const name of names) {
    sheet.queues.set(name, { rows: [], isWhole: true, asked });
  }
  for (const row of found) {
    const waiting = take(sheet, row);
    const queue = sheet.queues.get(queueName(waiting.callee, waiting.priority));
    queue?.rows.push(waiting);
    if (queue !== undefined && queue.rows.length === asked) {
      queue.isWhole = false;
    }
  }
}

async function loadOldest({ connection, sheet, needs }: Loading): Promise<void> {
  for (const most of needs.of('oldest')) {
    const found = await connection.run('oldest', [most]);
    const old = found.map(([key, settledAt, isUntold]) => ({ key, settledAt, isUntold: isUntold === true }));
    sheet.oldest.set(most, old as { key: number; settledAt: number | null; isUntold: boolean }[]);
  }
}

/** A row that is known already is the newer one of the two, or the same. */
function take(sheet: Sheet, row: Row): Delegation {
  const found = rows.delegationOf(row);
  const held = sheet.delegations.get(found.key);
  if (held !== undefined && held !== null) {
    return held;
  }
  sheet.delegations.set(found.key, found);
  return found;
}
