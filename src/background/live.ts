/**
 * What has not ended, and lists for people and models.
 */
import { isSettled, STATUSES, type Delegation, type Status } from '../core/delegation/index.ts';
import type { DelegationFilter } from '../core/ports/index.ts';
import { cut } from '../core/text.ts';
import { waitingFor } from '../core/workspace/index.ts';
import type { Listed, ListFilter } from './background.ts';
import { toOf } from './ending.ts';
import { seatOfSession, type House } from './house.ts';
import { sessionOf } from './session-of.ts';

const PAGE = 500;
const LIST = 100;
const TASK_CHARACTERS = 500;

/** Everything that lives, by what it is; a bounded page at a time. */
export async function live(
  { line }: Pick<House, 'line'>,
  filter: Omit<DelegationFilter, 'limit' | 'before'>,
): Promise<Delegation[]> {
  const found: Delegation[] = [];
  for (const status of STATUSES.filter((each) => !isSettled(each))) {
    for (let before: number | undefined = Infinity; before !== undefined;) {
      const at = before === Infinity ? {} : { before };
      const page: Delegation[] = await line.engine.delegations({ ...filter, status, limit: PAGE, ...at });
      found.push(...page);
      before = page.length === PAGE ? page.at(-1)?.key : undefined;
    }
  }
  return found.toSorted((left, right) => left.key - right.key);
}

export async function list(house: House, filter: ListFilter = {}): Promise<readonly Listed[]> {
  const { limit = LIST, status, active } = filter;
  const caller = filter.session === undefined ? {} : { caller: seatOfSession(filter.session) };
  const wanted = { ...caller, ...(status === undefined ? {} : { status }), limit };
  const rows =
    active === true
      ? (await live(house, caller)).filter((row) => status === undefined || row.status === status).slice(0, limit)
      : await house.line.engine.delegations(wanted);
  const requests = await house.line.engine.requests(rows.map(({ key }) => key));
  return Promise.all(rows.map(async (row) => listed(house, row, requests.get(row.key)?.task ?? '')));
}

async function listed(house: House, row: Delegation, task: string): Promise<Listed> {
  const { line } = house;
  const { detail, parent, batch, settledAt } = row;
  const [session, above, callee, whole] = await Promise.all([
    sessionOf(house, row),
    parent === null ? undefined : line.engine.delegation({ key: parent }),
    line.engine.workspace(row.callee),
    batch === null ? undefined : line.engine.batch(batch),
  ]);
  const waits = waitingFor(row, callee, line.clock.now());
  return {
    id: row.id,
    to: toOf(row),
    session,
    status: row.status satisfies Status,
    ...(row.reason === null ? {} : { reason: row.reason }),
    task: cut(task, TASK_CHARACTERS).text,
    ...(whole === undefined ? {} : { batch: whole.id }),
    ...(above === undefined ? {} : { parent: above.id }),
    depth: row.depth,
    ...(detail.progress?.message === undefined ? {} : { progress: detail.progress.message }),
    ...(detail.question === undefined ? {} : { question: detail.question }),
    ...(waits === undefined ? {} : { waitingFor: waits.cause }),
    createdAt: new Date(row.createdAt),
    ...(settledAt === null ? {} : { settledAt: new Date(settledAt) }),
  };
}
