/**
 * What `errand doctor` looks at. Each check is a function from what was read to findings; none changes anything.
 *
 * `wrong` needs somebody: work does not move, or may be lost to its reader. `note` is worth knowing and may be meant.
 */
import { statfsSync } from 'node:fs';
import { systemClock, VERSION } from '../server/index.ts';
import type { Client } from './client.ts';
import { oneLine } from './paint.ts';
import type { Detail, Ready, Seat } from './shapes.ts';
import { liveAt, liveOf, seatsOf } from './survey.ts';
import { count, span, waiting } from './words.ts';

const SKEW_MS = 2000;
const STUCK_MS = 15 * 60_000;
const FREE_MB_LEAST = 200;
const LIVE_MAX = 200;
const STUCK_SHOWN = 5;
const UNFETCHED_MAX = 20;

export interface Finding {
  check: 'address' | 'version' | 'clock' | 'store' | 'disk' | 'agents' | 'work' | 'notices';
  level: 'fine' | 'note' | 'wrong';
  what: string;
  fix?: string;
}

export async function examine(client: Client): Promise<Finding[]> {
  const before = systemClock.now();
  const { body: ready, at } = await client.call<Ready>('/ready', { method: 'GET' });
  const after = systemClock.now();
  const now = ready.now === undefined ? at : Date.parse(ready.now);
  const seats = client.isForOne ? [] : await seatsOf(client);
  const live = client.isForOne ? await liveOf(client, LIVE_MAX) : await liveAt(client, seats, LIVE_MAX);
  return [
    { check: 'address', level: 'fine', what: `${client.url} answers in ${after - before} ms` },
    ...checkVersion(ready),
    checkClock(now, { before, after }),
    ...checkStore(ready),
    ...checkDisk(client.data),
    ...checkAgents(seats, now),
    ...checkWork(live, now),
    checkNotices(ready),
  ];
}

function checkVersion({ version, open }: Ready): Finding[] {
  const same = version === VERSION;
  return [
    {
      check: 'version',
      level: same ? 'fine' : 'note',
      what: same ? `version ${version}` : `the platform is ${version}, this command is ${VERSION}`,
      ...(same ? {} : { fix: 'Bring both to the same version.' }),
    },
    ...(open === true
      ? [
          {
            check: 'version' as const,
            level: 'note' as const,
            what: 'it serves without keys (--open)',
            fix: 'Right for a first try; start it without --open for anything else.',
          },
        ]
      : []),
  ];
}

/** The answer was written between the two moments, so only what lies outside them is a difference. */
function checkClock(there: number, here: { before: number; after: number }): Finding {
  const ahead = there > here.after ? there - here.after : Math.min(0, there - here.before);
  const differs = Math.abs(ahead) > SKEW_MS;
  return {
    check: 'clock',
    level: differs ? 'note' : 'fine',
    what: differs
      ? `the platform's clock is ${span(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`
      : 'the clocks agree',
    ...(differs ? { fix: 'Let both follow a time server; deadlines are kept by the clock of the platform.' } : {}),
  };
}

/** The platform says how durably it keeps; whatever it says that is not the full promise is told. */
function checkStore(ready: Ready): Finding[] {
  const store = ready.engine === undefined ? 'the store answers' : `the store (${ready.engine}) answers`;
  const findings: Finding[] = [
    ready.status === 'ready'
      ? { check: 'store', level: 'fine', what: `${store}; work is taken` }
      : {
          check: 'store',
          level: 'wrong',
          what: `the platform is ${ready.status}`,
          fix: 'Wait for it, or start it again.',
        },
  ];
  const { durable } = ready;
  if (durable === false) {
    const fix = 'Put --data on a disk that keeps what it is told to, and start it again.';
    findings.push({ check: 'store', level: 'wrong', what: 'what is accepted is not on stable storage', fix });
  }
  return findings;
}

/** Only where the data directory lies on this machine; elsewhere nobody but its operator can know. */
function checkDisk(data: string | undefined): Finding[] {
  if (data === undefined) {
    return [];
  }
  const { bavail, bsize } = statfsSync(data);
  const freeMb = Math.floor((bavail * bsize) / 1024 ** 2);
  const scarce = freeMb < FREE_MB_LEAST;
  return [
    {
      check: 'disk',
      level: scarce ? 'wrong' : 'fine',
      what: `${freeMb} MB free on the disk of ${data}`,
      ...(scarce ? { fix: 'Free some space: a full disk refuses new work; what was accepted stays.' } : {}),
    },
  ];
}

function checkAgents(seats: readonly Seat[], now: number): Finding[] {
  const findings = seats.flatMap((seat) => checkAgent(seat, now));
  const called = seats.filter(({ carrier }) => carrier !== 'none').length;
  return findings.length > 0
    ? findings
    : [
        {
          check: 'agents',
          level: 'fine',
          what: called === 0 ? 'no agents yet' : `${count(called, 'agent')}, none in trouble`,
        },
      ];
}

function checkAgent(seat: Seat, now: number): Finding[] {
  const { id, queued } = seat;
  const level = queued > 0 ? 'wrong' : 'note';
  const waits = queued === 0 ? 'nothing waits' : `${queued} wait`;
  if (seat.state === 'paused' || seat.state === 'draining') {
    const what = `${id} is ${seat.state}; ${waits}`;
    return [{ check: 'agents', level, what, fix: `errand agent resume ${id}` }];
  }
  if (seat.presence === 'offline') {
    const what = `${id} is offline; ${waits}`;
    return [{ check: 'agents', level, what, fix: 'Start the agent; its queue drains by itself when it beats again.' }];
  }
  if (seat.circuit !== 'closed') {
    const { strikes, hold_until: until } = seat.circuit;
    const left = until === null ? 0 : Date.parse(until) - now;
    const next = left > 0 ? `; next try in ${span(left)}` : '';
    const what = `${id} did not take ${count(strikes, 'delivery', 'deliveries')} in a row${next}; ${waits}`;
    const fix = `Is it up? Its address is ${seat.agent_url ?? 'not known'}; it is tried again by itself.`;
    return [{ check: 'agents', level, what, fix }];
  }
  if (seat.carrier === 'pull' && queued > 0 && seat.running < seat.capacity) {
    const what = `${id} has free slots and does not fetch; ${waits}`;
    // It may be on its way; what waits too long is found below.
    return [
      {
        check: 'agents',
        level: 'note',
        what,
        fix: 'Start the agent; it fetches from GET /workspaces/:id/assignments.',
      },
    ];
  }
  return [];
}

function checkWork(live: readonly Detail[], now: number): Finding[] {
  const waits = live.filter(({ status }) => status === 'queued' || status === 'pending' || status === 'input_required');
  const oldest = waits.toSorted((one, other) => one.created_at.localeCompare(other.created_at, 'en'));
  const stuck = oldest.filter(({ created_at: at }) => now - Date.parse(at) > STUCK_MS);
  const asked = oldest.filter((one) => one.status === 'input_required' && !stuck.includes(one));
  const [longest] = oldest;
  return [
    {
      check: 'work',
      level: 'fine',
      what:
        longest === undefined
          ? `${count(live.length, 'delegation')} under way, none waits`
          : `${count(live.length, 'delegation')} under way, ${waits.length} wait, the longest for ${ageOf(longest, now)}`,
    },
    ...stuck.slice(0, STUCK_SHOWN).map((one) => stuckFinding(one, now)),
    ...asked.slice(0, STUCK_SHOWN).map((one) => askedFinding(one)),
  ];
}

function stuckFinding(one: Detail, now: number): Finding {
  const why = waiting(one, now);
  return {
    check: 'work',
    level: 'wrong',
    what: `${one.delegation_id} has been ${one.status} at ${one.target_id} for ${ageOf(one, now)}; ${why}`,
    fix: one.status === 'input_required' ? answerWith(one) : `errand show ${one.delegation_id}, or errand cancel it`,
  };
}

function askedFinding(one: Detail): Finding {
  const what = `${one.target_id} asks ${one.source_id}: ${oneLine(one.question ?? '', 80)}`;
  return { check: 'work', level: 'note', what, fix: answerWith(one) };
}

function answerWith(one: Detail): string {
  return `errand answer ${one.delegation_id} "…"`;
}

function ageOf(one: Detail, now: number): string {
  return span(now - Date.parse(one.created_at));
}

function checkNotices({ undelivered_notices: undelivered = 0 }: Ready): Finding {
  const many = undelivered > UNFETCHED_MAX;
  return {
    check: 'notices',
    level: many ? 'note' : 'fine',
    what: undelivered === 0 ? 'every ending was acknowledged' : `${count(undelivered, 'notice')} not yet acknowledged`,
    ...(many
      ? { fix: 'errand inbox <workspace> --ack, or see why the agent does not fetch them; kept for 30 days.' }
      : {}),
  };
}
