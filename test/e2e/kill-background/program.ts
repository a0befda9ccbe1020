/**
 * The program under test: a host with two sessions on one file, which delegates, waits, listens to turns and answers
 * what is asked, until it is killed. What an earlier life has left open it takes up first, as any host would: it asks
 * again with the same key, and waits again for what it waited for.
 *
 * `node program.ts FOLDER LIFE SEED drain|work`
 */
import { join } from 'node:path';
import type { Background, Callees, Ending, Handle, Turn } from '../../../src/background/background.ts';
import { open } from '../../../src/background/open.ts';
import { Chance } from '../witness/chance.ts';
import { pause } from '../witness/wire.ts';
import { calleesOf } from './callees.ts';
import { entries, Ledger, type Entry } from './ledger.ts';

type Door = Background<Callees>;

const SESSIONS = ['one', 'other'];
const TASKS = ['once', 'again', 'far', 'asks', 'fails', 'lead'];
const AT_ONCE = 14;

const [folder = '', life = '0', seed = '1', mode = 'work'] = process.argv.slice(2);
const chance = new Chance(Number(seed));
const ledger = new Ledger(folder, Number(life));
const before = entries(folder);
const door: Door = await open<Callees>({
  store: join(folder, 'errand.db'),
  workspaces: calleesOf(ledger, chance.fork()) as Callees,
  capacity: 6,
  cancelGraceMs: 500,
});
ledger.write('opened');
console.log('open');
await takeUp(before);
const stop = new AbortController();
const listening = SESSIONS.map(async (session) => listen(session));
const doing = mode === 'work' ? workOn : drain;
await doing();

/** What the life before has left open. */
async function takeUp(past: readonly Entry[]): Promise<void> {
  const known = new Set(past.filter(({ what }) => what === 'accepted' || what === 'refused').map(({ key }) => key));
  for (const { what, key = '', task = '', callee = '' } of past) {
    if (what === 'asking' && !known.has(key)) {
      known.add(key);
      void ask(key, callee, task);
    }
  }
  const waits = new Set<string>();
  for (const { what, id = '' } of past) {
    if (what === 'waiting') {
      waits.add(id);
    } else if (what === 'waited' || what === 'left') {
      waits.delete(id);
    }
  }
  const handles = [...waits].map((id) => door.handle(id));
  await Promise.all(handles.map(async ({ accepted }) => accepted));
  for (const handle of handles) {
    void take(handle, async () => handle.done);
  }
}

async function workOn(): Promise<never> {
  for (let number = 0; ; number += 1) {
    const active = await door.active();
    if (active.length < AT_ONCE) {
      const callee = chance.once(0.15) ? 'batch' : chance.pick(TASKS);
      void ask(`k${life}-${number}`, callee, `t${life}-${number}`);
    }
    if (chance.once(0.1)) {
      void rest(chance.pick(SESSIONS));
    }
    await pause(chance.between(0, 25));
  }
}

/** The host has work of its own for a moment. */
async function rest(session: string): Promise<void> {
  door.busy(session);
  await pause(chance.between(5, 80));
  door.idle(session);
}

async function ask(key: string, callee: string, task: string): Promise<void> {
  // The same key is asked for in the same words.
  const session = SESSIONS[Number(key.split('-')[1]) % SESSIONS.length]!;
  ledger.write('asking', { key, callee, task });
  if (callee === 'batch') {
    await askBatch(key, task, session);
    return;
  }
  const handle = door.delegate({ to: callee, task, session, idempotencyKey: key });
  const how = chance.next();
  // Waiting may begin before it is kept; what is said of it needs its id, which is the one it has by then.
  const admission = await handle.accepted;
  write(key, admission.kind, [handle.id]);
  if (admission.kind === 'rejected') {
    return;
  }
  if (how < 0.3) {
    void take(handle, async () => handle.done);
  } else if (how < 0.6) {
    const timeoutMs = chance.between(1, 150);
    void take(handle, async () => handle.wait({ timeoutMs }));
  }
}

async function askBatch(key: string, task: string, session: string): Promise<void> {
  const batch = door.delegate(
    ['once', 'again', 'far'].map((to) => ({ to, task: `${task}#${to}`, session, idempotencyKey: key })),
  );
  const admission = await batch.accepted;
  write(
    key,
    admission.kind,
    batch.handles.map(({ id }) => id),
  );
}

function write(key: string, kind: string, ids: readonly string[]): void {
  ledger.write(kind === 'rejected' ? 'refused' : 'accepted', { key, ids });
}

async function take(handle: Handle, waiting: () => Promise<Ending | undefined>): Promise<void> {
  ledger.write('waiting', { id: handle.id });
  const ending = await waiting();
  if (ending === undefined) {
    ledger.write('left', { id: handle.id });
  } else {
    ledger.write('waited', said(ending));
  }
}

function said({ id, status, reason, text }: Ending): Partial<Entry> {
  return { id, status, ...(reason === undefined ? {} : { reason }), ...(text === undefined ? {} : { text }) };
}

async function listen(session: string): Promise<void> {
  let last: readonly string[] = [];
  for await (const turn of door.turns(session, { most: 5, signal: stop.signal })) {
    if (last.length > 0) {
      ledger.write('acknowledged', { ids: last });
    }
    last = await hear(turn);
  }
}

/** Answers with what is acknowledged by asking for more. */
async function hear(turn: Turn): Promise<readonly string[]> {
  const ids = turn.tasks.filter(({ kind }) => kind !== 'asked').map(({ id }) => id);
  ledger.write('told', { ids });
  for (const { id, kind } of turn.tasks) {
    if (kind === 'asked') {
      await door.handle(id).answer(`the answer for ${id}`).catch(hadEnded);
    }
  }
  await pause(chance.between(0, 40));
  ledger.write('acknowledging', { ids });
  if (chance.once(0.5)) {
    await turn.acknowledge();
    ledger.write('acknowledged', { ids });
    return [];
  }
  return ids;
}

/** A question that was told again after a kill has been answered before. */
function hadEnded(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'not_now')) {
    throw error;
  }
}

/** The last life: nothing new; everything ends and everybody is told, and then it is said how it all stands. */
async function drain(): Promise<void> {
  let calm = 0;
  let written = 0;
  while (calm < 15) {
    await pause(100);
    const { length } = entries(folder);
    calm = (await door.active()).length === 0 && length === written ? calm + 1 : 0;
    written = length;
  }
  stop.abort();
  await Promise.all(listening);
  for (const { id } of await door.list({ limit: 1_000_000 })) {
    const handle = door.handle(id);
    let settled = 0;
    for await (const { type } of handle.events) {
      settled += Number(type === 'delegation.settled');
    }
    const row = (await handle.wait({ timeoutMs: 1000 }))!;
    ledger.write('settled', { ...said(row), callee: row.to, count: settled });
  }
  await door.shutdown({ mode: 'drain' });
  console.log('closed');
}
