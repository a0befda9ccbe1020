/**
 * The one judge: decides from outside, by what clients and peers wrote down, whether the promise was kept.
 *
 * Each finding names the invariant of docs/spec/delegation.md that it breaks. An empty list over N delegations says
 * that the rate of failure is below about 3/N, and no more.
 */
import type { Final, History, Ran, Sighting } from './history.ts';
import { isOver } from './wire.ts';

export type Kind = 'lost' | 'double' | 'undelivered' | 'stranger' | 'other';

export interface Finding {
  kind: Kind;
  id: string;
  what: string;
}

export interface Verdict {
  accepted: number;
  settled: number;
  delivered: number;
  /** Offers whose first answer was lost. */
  unknown: number;
  /** Executions at peers, and how many of them were not the first of their task. */
  ran: number;
  ranAgain: number;
  findings: Finding[];
}

type Say = (kind: Kind, id: string, what: string) => void;

export function check(history: History): Verdict {
  const findings: Finding[] = [];
  const say: Say = (kind, id, what) => void findings.push({ kind, id, what });
  const accepted = acceptedIn(history);
  const finals = new Map(history.finals.map((final) => [final.id, final]));
  const runs = Map.groupBy(history.ran, ({ messageId }) => taskOf(messageId));
  checkKept(accepted, { history, finals, say });
  checkKeys(history, say);
  checkStrangers(accepted, { history, runs, say });
  checkEndings(accepted, { history, finals, say });
  checkResults(accepted, { history, finals, runs, say });
  const delivered = checkTold(accepted, { history, finals, say });
  checkReaders(history, say);
  checkAttempts(history, { runs, finals, say });
  checkLanes(history, runs, say);
  if (!history.chainHolds) {
    say('other', 'audit', 'D12: the chain of hashes does not hold');
  }
  const settled = [...accepted.keys()].filter((id) => isEnded(finals.get(id))).length;
  return {
    ...{ accepted: accepted.size, settled, delivered, findings },
    unknown: history.submissions.filter(({ outcome }) => outcome === 'unknown').length,
    ran: history.ran.length,
    ranAgain: history.ran.length - runs.size,
  };
}

/** Id → the client whose it is. */
function acceptedIn(history: History): Map<string, string> {
  const accepted = new Map<string, string>();
  for (const { outcome, ids, client } of history.submissions) {
    for (const id of outcome === 'answered' ? ids : []) {
      accepted.set(id, client);
    }
  }
  return accepted;
}

function isEnded(final: Final | undefined): boolean {
  return final !== undefined && isOver(final.status);
}

interface Means {
  history: History;
  finals: Map<string, Final>;
  runs: Map<string, Ran[]>;
  say: Say;
}

/** D1: what was answered is there, in the lists too, and has ended. */
function checkKept(accepted: Map<string, string>, { history, finals, say }: Omit<Means, 'runs'>): void {
  const listed = new Set(history.listed.map(({ id }) => id));
  for (const id of accepted.keys()) {
    const final = finals.get(id);
    if (final === undefined) {
      say('lost', id, 'D1: accepted, and nobody knows it any more');
    } else if (!isOver(final.status)) {
      say('lost', id, `D11: still ${final.status} after everything was over`);
    }
    if (!listed.has(id)) {
      say('lost', id, 'D1: accepted, and in no list');
    }
  }
}

/** One key stands for the same delegations, however often and whenever it was offered. */
function checkKeys(history: History, say: Say): void {
  const stands = new Map<string, string>();
  for (const { outcome, client, key, ids, batch } of history.submissions) {
    const name = `${client} ${key}`;
    if (outcome === 'answered') {
      const now = JSON.stringify([batch, ids]);
      const before = stands.get(name);
      if (before !== undefined && before !== now) {
        say('double', key, `one key, two answers: ${before} and ${now}`);
      }
      stands.set(name, now);
    } else if (outcome === 'refused' && stands.has(name)) {
      say('lost', key, 'a key that was accepted is refused');
    }
  }
}

/** D4: nothing is there, and nothing ran, that was never accepted. */
function checkStrangers(
  accepted: Map<string, string>,
  { history, runs, say }: Pick<Means, 'history' | 'runs' | 'say'>,
): void {
  const strangers = [
    ...history.listed.map(({ id }) => ({ id, where: 'in a list' })),
    ...history.told.flatMap(({ about }) => about.map((id) => ({ id, where: 'in an inbox' }))),
    ...[...runs.keys()].map((id) => ({ id, where: 'at a peer' })),
  ];
  for (const { id, where } of strangers) {
    if (!accepted.has(id)) {
      say('stranger', id, `D4: ${where}, and no answer ever named it`);
    }
  }
}

/** D2, D3: one ending, one result, wherever and whenever it was read. D12: one line for each change. */
function checkEndings(accepted: Map<string, string>, { history, finals, say }: Omit<Means, 'runs'>): void {
  const endings = Map.groupBy(
    history.sightings.filter(({ status }) => isOver(status)),
    ({ id }) => id,
  );
  for (const id of accepted.keys()) {
    const final = finals.get(id);
    const seen = [...(endings.get(id) ?? []), ...(final !== undefined && isOver(final.status) ? [final] : [])];
    const words = new Set(seen.map(({ status }) => status));
    const hashes = new Set(seen.map(({ sha256 }) => sha256).filter((sha256) => sha256 !== null));
    if (words.size > 1 || hashes.size > 1) {
      say('double', id, `D2: several endings were seen: ${[...words, ...hashes].join(', ')}`);
    }
    const settlements = final?.events.filter(({ type }) => type === 'delegation.settled').length ?? 0;
    if (settlements > 1) {
      say('double', id, `D2: settled ${settlements} times by its own log`);
    }
    if (final !== undefined && final.events.some(({ n }, index) => n !== index + 1)) {
      say('other', id, 'D12: its log has a gap');
    }
    if (final !== undefined && isOver(final.status) && final.events.length !== final.version) {
      say('other', id, `D12: ${final.events.length} lines for version ${final.version}`);
    }
  }
}

/** D5: what the caller has is what the store says, and what a peer says it answered. */
function checkResults(accepted: Map<string, string>, { history, finals, runs, say }: Means): void {
  for (const { id, sha256, said } of history.fetched) {
    const stored = finals.get(id)?.sha256 ?? said;
    if (sha256 !== said || sha256 !== stored) {
      say('other', id, `D5: fetched ${sha256}, said to be ${said}, stored as ${stored}`);
    }
  }
  for (const id of accepted.keys()) {
    const final = finals.get(id);
    if (final?.status === 'completed') {
      const answers = (runs.get(id) ?? []).map(({ sha256 }) => sha256);
      if (final.sha256 === null || !answers.includes(final.sha256)) {
        say('other', id, `D5: completed with ${final.sha256}, and no peer ever answered that`);
      }
    }
  }
}

/** D7: told at least once, under one name; never again once that was acknowledged; nothing left over. */
function checkTold(accepted: Map<string, string>, { history, finals, say }: Omit<Means, 'runs'>): number {
  const names = new Map<string, Set<string>>();
  for (const { client, kind, about, notice } of history.told) {
    for (const id of kind === 'asked' ? [] : about) {
      if (accepted.get(id) !== client) {
        say('other', id, `D13: told to ${client}, whose it is not`);
      }
      names.set(id, (names.get(id) ?? new Set()).add(notice));
    }
  }
  const read = new Set(history.fetched.map(({ id }) => id));
  let delivered = 0;
  for (const id of accepted.keys()) {
    const told = names.get(id)?.size ?? 0;
    if (told > 1) {
      say('double', id, `D7: told under ${told} names`);
    }
    if (told > 0 || read.has(id)) {
      delivered += 1;
    } else if (isEnded(finals.get(id))) {
      say('undelivered', id, 'D7: it has ended, and its caller was never told');
    }
  }
  checkAcknowledged(history, say);
  return delivered;
}

function checkAcknowledged(history: History, say: Say): void {
  const since = new Map<string, number>();
  for (const { notices, counted, to } of history.acknowledged) {
    if (counted !== notices.length) {
      say('other', notices[0] ?? '', `D7: of ${notices.length} acknowledged notices ${counted} are known`);
    }
    for (const notice of notices) {
      since.set(notice, Math.min(since.get(notice) ?? Infinity, to));
    }
  }
  for (const { notice, from } of history.told) {
    if (from > (since.get(notice) ?? Infinity)) {
      say('other', notice, 'D7: told again after it was acknowledged');
    }
  }
  for (const { client, notice } of history.left) {
    say('undelivered', notice, `D7: left in the inbox of ${client}`);
  }
}

/** D14: who begins to read after somebody has read sees nothing older, and an ending stays an ending. */
function checkReaders(history: History, say: Say): void {
  for (const [id, seen] of Map.groupBy(history.sightings, (sighting) => sighting.id)) {
    const byEnd = seen.toSorted((one, other) => one.to - other.to);
    let next = 0;
    let newest = 0;
    let over: Sighting | undefined;
    for (const now of seen.toSorted((one, other) => one.from - other.from)) {
      for (let before = byEnd[next]; before !== undefined && before.to < now.from; before = byEnd[next]) {
        newest = Math.max(newest, before.version ?? 0);
        over = isOver(before.status) ? before : over;
        next += 1;
      }
      if (now.version !== null && now.version < newest) {
        say('other', id, `D14: version ${now.version} in a ${now.where} after version ${newest}`);
      }
      // The notice of a question shows the question, whenever it is read.
      if (over !== undefined && !isOver(now.status) && now.where !== 'notice') {
        say('other', id, `D14: ${now.status} in a ${now.where} after ${over.status}`);
      }
    }
  }
}

/** What may be sent only once ran at most once; what completed ran. */
function checkAttempts(history: History, { runs, finals, say }: Pick<Means, 'runs' | 'finals' | 'say'>): void {
  for (const { outcome, delivery, ids } of history.submissions) {
    for (const id of outcome === 'answered' && delivery === 'at_most_once' ? ids : []) {
      const times = runs.get(id)?.length ?? 0;
      if (times > 1) {
        say('double', id, `at_most_once, and it ran ${times} times`);
      }
    }
  }
  for (const { id, status } of finals.values()) {
    if (status === 'completed' && !runs.has(id)) {
      say('other', id, 'D4: completed, and it never ran');
    }
  }
}

/** D8: in one lane the first runs come in the order of acceptance, which is the order of ids. */
function checkLanes(history: History, runs: Map<string, Ran[]>, say: Say): void {
  const lanes = new Map<string, Set<string>>();
  for (const { outcome, client, callee, conversation, ids } of history.submissions) {
    for (const id of outcome === 'answered' && conversation !== null ? ids : []) {
      const lane = `${client} ${callee} ${conversation}`;
      lanes.set(lane, (lanes.get(lane) ?? new Set()).add(id));
    }
  }
  for (const [lane, ids] of lanes) {
    let last = 0;
    for (const id of [...ids].toSorted()) {
      const first = runs.get(id)?.[0]?.order;
      if (first !== undefined && first < last) {
        say('other', id, `D8: out of order in ${lane}`);
      }
      last = Math.max(last, first ?? 0);
    }
  }
}

/** An answer to a question travels under a name of its own; the work is the same. */
function taskOf(messageId: string): string {
  return messageId.split('.', 1)[0] ?? messageId;
}
