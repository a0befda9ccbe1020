/**
 * What a process says when it is shut down, what it leaves behind, and how long that takes.
 */
import type { House } from '../../../src/background/house.ts';
import type { ShutdownReport } from '../../../src/background/index.ts';
import { isIn } from './ledger.ts';
import type { Stage } from './stage.ts';
import type { Tenure } from './tenure.ts';

/** For the store, for what is on its way, and for what is let go of. */
const SLACK_MS = 8000;

export interface Closing {
  mode: ShutdownReport['mode'];
  deadlineMs: number;
  /** When it was asked for. */
  since: number;
  /** What lived then, and what was asked for and not answered yet. */
  expected: ReadonlySet<string>;
  isHealthy: boolean;
}

/** Whatever lives, and whatever was asked for and is on its way. */
export function expectedIn({ rows, ledger }: Stage): Set<string> {
  const onTheWay = [...ledger.entries.values()].filter(({ admission, parent }) => admission === undefined && !parent);
  return new Set([...rows.live.map(({ id }) => id), ...onTheWay.flatMap(({ id }) => id ?? [])]);
}

export function judgeReport(stage: Stage, { tasks }: ShutdownReport, closing: Closing): void {
  const { ledger, rows, world, bounds } = stage;
  const { mode, expected, since, deadlineMs, isHealthy } = closing;
  const told = new Set(tasks.map(({ id }) => id));
  for (const { id, became } of tasks) {
    const row = rows.byId(id);
    const name = ledger.byId.get(id)?.name ?? id;
    const isOpen = became === 'kept' || became === 'left_running';
    if (row === undefined || (isOpen ? row.settledAt !== null : row.status !== became)) {
      ledger.complain('what became', `${name} is ${row?.status ?? 'gone'}, and ${became} in the report`);
    }
    if (isOpen && mode === 'cancel' && isHealthy && deadlineMs > 2 * bounds.graceMs + SLACK_MS) {
      ledger.complain('what became', `${name} is ${became} although all was cancelled`);
    }
  }
  judgeMissing(stage, expected, told);
  const took = world.steady - since;
  if (isHealthy && took > deadlineMs + bounds.graceMs + SLACK_MS) {
    ledger.complain('bounded shutdown', `${mode} took ${took} ms, and may take ${deadlineMs}`);
  }
}

function judgeMissing({ ledger, rows }: Stage, expected: ReadonlySet<string>, told: ReadonlySet<string>): void {
  for (const id of expected) {
    // What was on its way and was refused after all is nowhere.
    if (!told.has(id) && isIn(ledger.byId.get(id)?.admission) && rows.byId(id) !== undefined) {
      ledger.complain('what became', `${ledger.byId.get(id)?.name ?? id} lived at the end, and is not in the report`);
    }
  }
}

export function judgeLeftovers({ ledger, rows }: Stage, tenure: Tenure, house: House): void {
  const { hub, recorder } = house.line;
  const waited = rows.all.filter(({ key }) => house.waiters.promise(key));
  const left = [
    ...(tenure.timers.size === 0 ? [] : [`timers: ${[...tenure.timers].join(', ')}`]),
    ...(hub.listeners === 0 ? [] : [`${hub.listeners} listeners`]),
    ...(recorder.depth === 0 ? [] : [`${recorder.depth} commands`]),
    ...(waited.length === 0 ? [] : [`${waited.length} waiters`]),
    ...(tenure.waits.size === 0
      ? []
      : [
          `whoever waits for ${[...tenure.waits.keys()].map((id) => `${ledger.byId.get(id)?.name ?? ''} ${id}`).join(', ')}`,
        ]),
  ];
  if (left.length > 0) {
    ledger.complain('nothing left', `after the shutdown of process ${tenure.number}: ${left.join('; ')}`);
  }
  for (const { name, released } of tenure.owned) {
    if (released.join(' ') !== '3 2 1') {
      ledger.complain('let go', `${name} owned 1 2 3, and let go of ${released.join(' ')}`);
    }
  }
}
