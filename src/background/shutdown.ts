/**
 * The end of it: let what runs end, stop it, or leave it for the next start; and say what became of each.
 */
import { isSettled, STATUSES, type Delegation, type Status } from '../core/delegation/index.ts';
import type { Event } from '../core/ports/index.ts';
import { waitFor } from '../events/index.ts';
import type { ShutdownMode, ShutdownReport } from './background.ts';
import { toOf } from './ending.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import { live } from './live.ts';
import { arrived, stop } from './stop.ts';

export interface Ending {
  mode: ShutdownMode;
  deadlineMs: number;
}

/** Everything that still listens is told by `close`, which ends the process's part in the store. */
export async function shutDown(
  house: House,
  { mode, deadlineMs }: Ending,
  close: (atRest: () => Promise<void>) => Promise<void>,
): Promise<ShutdownReport> {
  house.isClosed = true;
  // What was delegated a moment ago is stopped, and reported, like everything else.
  const asked = [...house.arriving.values()];
  const ended = new Map<number, Status>();
  const leave = house.line.hub.onAll((event) => hear(ended, event));
  const lived = await live(house, {});
  await arrived(house, deadlineMs);
  const before = await underWay(house, lived, asked);
  try {
    await letEnd(house, { mode, deadlineMs });
  } catch (error) {
    // A store that is away keeps nobody from closing; what it did not hear of is in the report as it stands.
    house.line.onFault(error);
  }
  const running = new Set(house.line.runs.all().map(({ key }) => key));
  let rows: readonly (Delegation | undefined)[] = [];
  await close(async () => {
    rows = await Promise.all(before.map(async ({ key }) => house.line.engine.delegation({ key })));
  });
  leave();
  return {
    mode,
    tasks: before.map((was, index) => {
      const row = rows[index] ?? { key: was.key, status: ended.get(was.key) ?? was.status };
      return { id: was.id, to: toOf(was), became: becameOf(row, running) };
    }),
  };
}

/** Memory may have let go of what ended by the time it is to be reported. */
function hear(ended: Map<number, Status>, { type, delegation, data }: Event): void {
  const status = STATUSES.find((each) => each === data['status']);
  if (type === 'delegation.settled' && delegation !== null && status !== undefined) {
    ended.set(delegation, status);
  }
}

/** What lived, what lives, and what was on its way: each may have ended meanwhile. */
async function underWay(
  house: House,
  lived: readonly Delegation[],
  asked: readonly TaskHandle[],
): Promise<readonly Delegation[]> {
  const rows = [
    ...lived,
    ...(await live(house, {})),
    ...(await Promise.all(asked.map(async (handle) => handle.row()))),
  ];
  return [...new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.key, row] as const]))).values()];
}

async function letEnd(house: House, { mode, deadlineMs }: Ending): Promise<void> {
  if (mode === 'cancel') {
    await stop(house, 'all', 'The process is stopping.');
  }
  if (mode !== 'keep') {
    await quiet(house, deadlineMs);
  }
}

function becameOf(
  { status, key }: Pick<Delegation, 'status' | 'key'>,
  running: ReadonlySet<number>,
): ShutdownReport['tasks'][number]['became'] {
  if (isSettled(status)) {
    return status;
  }
  return running.has(key) ? 'left_running' : 'kept';
}

/** Until nothing is alive that could go on by itself, or the time is over: a question nobody answers is not waited for. */
async function quiet(house: House, deadlineMs: number): Promise<void> {
  await waitFor({
    clock: house.clock,
    waitMs: deadlineMs,
    subscribe: (wake) =>
      house.line.hub.onAll(({ type }) => {
        if (type === 'delegation.settled' || type === 'delegation.asked') {
          wake();
        }
      }),
    look: async () => {
      const counts = await house.line.engine.counts();
      return counts.running > 0 || (await live(house, {})).some((row) => goesOn(row)) ? undefined : true;
    },
  });
}

function goesOn({ status, notBefore }: Delegation): boolean {
  return status !== 'input_required' && !(status === 'pending' && notBefore !== null);
}
