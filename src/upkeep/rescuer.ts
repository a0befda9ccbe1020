/**
 * Takes back what a process that is gone still held, at the start of the next one.
 *
 * Where only one process can have the store open, whoever else is named in a lease no longer lives, and nobody has to
 * wait until the lease is over. Elsewhere the timekeeper finds expired leases. Either way the delegation goes back to
 * its queue first, with a new epoch, and is handed over from there (D6): nothing is ever executed in place.
 */
import type { Line } from '../flow/index.ts';

const AT_ONCE = 500;

export async function rescue(line: Line): Promise<number> {
  let rescued = 0;
  for (;;) {
    const orphans = line.engine.exclusive ? await line.engine.runningOf({ than: line.owner, limit: AT_ONCE }) : [];
    await Promise.all(
      orphans.map(async ({ key, epoch }) =>
        line.recorder.record({
          type: 'requeue',
          ref: { key },
          epoch,
          actor: 'errand',
          why: 'lease_lost',
          error: null,
          retryAfterMs: null,
          chance: line.ids.chance(),
        }),
      ),
    );
    rescued += orphans.length;
    if (orphans.length < AT_ONCE) {
      return rescued;
    }
  }
}

/** Agents that fetch could not renew their leases while nobody was there to ask: these begin anew, all that would end soon. */
export async function lengthen(line: Line): Promise<void> {
  const { engine, clock, limits, recorder } = line;
  for (let wasFull = engine.exclusive; wasFull;) {
    const until = clock.now() + limits.leaseMs;
    const due = (await engine.due(until, AT_ONCE)).delegations;
    const held = due.filter(({ owner, callee, leaseUntil }) => owner === callee && (leaseUntil ?? until) < until);
    const answers = await Promise.all(
      held.map(async ({ key, epoch, callee }) =>
        recorder.record({ type: 'renew', ref: { key }, epoch, actor: callee, anew: true }),
      ),
    );
    wasFull = due.length === AT_ONCE && answers.some(({ kind }) => kind === 'done');
  }
}

/** At a graceful stop: the leases of what is under way end now, so that whoever comes next need not wait for them. */
export async function handBack(line: Line): Promise<void> {
  await Promise.all(
    line.runs.all().map(async ({ key, epoch }) => {
      line.runs.stop({ key, epoch }, 'shutdown');
      await line.recorder.record({ type: 'renew', ref: { key }, epoch, actor: line.owner, forMs: 0 });
    }),
  );
}
