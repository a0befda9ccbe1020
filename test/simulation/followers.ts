/**
 * Clients that wait at one platform for an ending which another one may write: they are woken soon after the commit,
 * wherever it was made (E16). Nothing fails any more when they begin.
 */
import { accept, watch } from '../../src/flow/index.ts';
import { isSettled, type Delegation } from '../../src/core/delegation/index.ts';
import { ErrandError } from '../../src/core/error.ts';
import type { Oracle } from './oracle.ts';
import type { Stage } from './peers.ts';
import type { Reachable } from './platforms.ts';

const WOKEN_WITHIN_MS = 1000;
const WAIT_MS = 10_000;
const FOLLOWED = 4;

export async function followSome(stage: Stage, platforms: Reachable, oracle: Oracle): Promise<void> {
  const callees = Array.from({ length: FOLLOWED }, () => stage.world.dice.pick(['w2', 'w3']));
  await Promise.all(callees.map(async (callee) => followOne(stage, platforms, { oracle, callee })));
}

async function followOne(
  stage: Stage,
  platforms: Reachable,
  { oracle, callee }: { oracle: Oracle; callee: string },
): Promise<void> {
  const asking = { caller: 'lead', actor: 'lead' };
  try {
    const task = { callee, task: 'to be followed', priority: 100 as const };
    let { delegation }: { delegation: Delegation } = await platforms.call(async (line) => accept(line, asking, task));
    while (!isSettled(delegation.status)) {
      const { key, version } = delegation;
      const watching = { key, since: version, waitMs: WAIT_MS };
      delegation = (await platforms.call(async (line) => watch(line, watching))) ?? delegation;
    }
    const lateMs = stage.world.steady - oracle.settledAt(delegation.key);
    stage.ledger.fault('ending that was waited for');
    if (lateMs > WOKEN_WITHIN_MS) {
      stage.ledger.complain('E16', `who waited for ${delegation.id} was woken ${lateMs} ms after its ending`);
    }
  } catch (error) {
    if (!(error instanceof ErrandError && error.kind.status < 500)) {
      stage.ledger.complain('D1', `whoever followed a delegation got ${String(error)}`);
    }
  }
}
