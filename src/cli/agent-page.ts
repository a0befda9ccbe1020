/**
 * One seat with everything worth knowing when something waits for it: how it is reached, what it does, whether it lives.
 */
import { programWords } from './agent-program.ts';
import type { Out } from './out.ts';
import { oneLine, paintStatus } from './paint.ts';
import type { Seat } from './shapes.ts';
import { since, span, table } from './words.ts';

const SKILLS_MAX = 20;

export function seatPage(out: Out, seat: Seat, now: number): string {
  return [`${out.paint('bold', seat.id)}  ${paintStatus(out.paint, seat.status)}`, '', table(facts(seat, now))].join(
    '\n',
  );
}

function facts(seat: Seat, now: number): string[][] {
  const rows: [string, string | undefined][] = [
    ['name', seat.name === seat.id ? undefined : oneLine(seat.name, 200)],
    ['role', oneLine(seat.role ?? '', 300)],
    ['skills', skillsOf(seat.agent_card)],
    ['reached', reachedBy(seat)],
    ['input', seat.command?.input],
    ['dialect', seat.command?.dialect],
    ['slots', `${seat.running} of ${seat.capacity} in use`],
    ['queue', `${seat.queued} waiting`],
    ['now', oneLine(seat.current_task ?? '', 300)],
    ['usually', seat.usual_ms === undefined ? undefined : span(seat.usual_ms)],
    ['circuit', circuitOf(seat, now)],
    ['state', seat.state],
    ['presence', presenceOf(seat, now)],
    ['parent', seat.parent_id ?? undefined],
    ['roles', (seat.roles ?? []).join(', ')],
    ['created', seat.created_at],
  ];
  return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
}

function reachedBy(seat: Seat): string {
  const { carrier, agent_url: url } = seat;
  const ways: Readonly<Record<string, string>> = {
    a2a: `by A2A at ${url ?? ''}`,
    pull: 'it fetches its tasks',
    command: programWords(seat),
    in_process: 'a function of the platform',
    none: 'it only delegates, or has not fetched yet',
  };
  return ways[carrier] ?? carrier;
}

function circuitOf({ circuit }: Seat, now: number): string {
  if (circuit === 'closed') {
    return circuit;
  }
  const hold = circuit.hold_until === null ? '' : `, held for ${span(Date.parse(circuit.hold_until) - now)}`;
  return `${circuit.strikes} not taken in a row${hold}`;
}

function presenceOf({ presence, last_heartbeat_at: seenAt }: Seat, now: number): string {
  return seenAt === undefined ? presence : `${presence}, seen ${since(seenAt, now)} ago`;
}

function skillsOf(card: Seat['agent_card']): string {
  const skills = Array.isArray(card?.['skills']) ? (card['skills'] as unknown[]) : [];
  const names = skills.slice(0, SKILLS_MAX).map((skill) => {
    const { name, id } = (typeof skill === 'string' ? { name: skill } : (skill ?? {})) as Record<string, unknown>;
    return typeof name === 'string' ? name : id;
  });
  return oneLine(names.filter((name) => typeof name === 'string').join(', '), 500);
}
