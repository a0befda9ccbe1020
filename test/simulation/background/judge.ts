/**
 * What has to hold when everything is healed, and everything had the time it needs.
 */
import { isIn, type Entry, type Moment } from './ledger.ts';
import type { Stage } from './stage.ts';

/** For the clockwork to look, and for the store to take its time. */
const SLACK_MS = 3500;

/** Everything has its ending, and somebody has seen each. */
export function isQuiet({ rows, ledger }: Stage): boolean {
  return rows.live.length === 0 && ledger.roots.every((entry) => isSeen(entry));
}

function isSeen({ taken, told, isPerhapsTaken, isPerhapsTold }: Entry): boolean {
  return taken.length > 0 || told > 0 || isPerhapsTaken || isPerhapsTold;
}

export function judge({ ledger, rows, world }: Stage): void {
  if (ledger.complaints.length > 0) {
    return;
  }
  for (const entry of ledger.entries.values()) {
    const { name, id = '', admission, runs, isAskedTwice } = entry;
    if (admission?.kind === 'rejected' && runs > 0 && !isAskedTwice) {
      ledger.complain('refused never runs', `${name} was refused with ${admission.code}, and ran`);
    }
    if (!isIn(admission)) {
      continue;
    }
    if (rows.byId(id) === undefined) {
      ledger.complain('none lost', `${name} is not kept`);
    } else if (!ledger.settled.has(id)) {
      const row = rows.byId(id);
      ledger.complain(
        'no deadlock',
        `${name} is ${row?.status ?? ''} at ${world.steady}: ${JSON.stringify(row?.detail)}`,
      );
    } else if (entry.parent === undefined && !isSeen(entry)) {
      ledger.complain('none lost', `nobody has seen the ending of ${name}, of ${entry.session}`);
    }
  }
}

/** What was asked to stop has stopped within its grace, and so has what is under it, a grace later. */
export function judgeCancels({ ledger, bounds }: Stage): void {
  for (const [id, asked] of ledger.cancelled) {
    const entry = ledger.byId.get(id);
    const below = entry === undefined ? [] : ledger.below(entry.name);
    check(id, asked, bounds.graceMs + SLACK_MS);
    for (const child of below.filter(({ admission }) => isIn(admission))) {
      check(child.id ?? '', asked, 2 * bounds.graceMs + SLACK_MS);
    }
  }

  function check(id: string, asked: Moment, most: number): void {
    const ended = ledger.settled.get(id);
    const name = ledger.byId.get(id)?.name ?? id;
    if (ended !== undefined && ended.steady <= asked.steady) {
      return;
    }
    const took = ended === undefined ? Infinity : ended.steady - asked.steady - (ended.excused - asked.excused);
    if (took > most) {
      ledger.complain('bounded cancel', `${name} ended ${took} ms after it was cancelled, which may take ${most}`);
    }
  }
}
