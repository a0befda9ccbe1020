/**
 * In a named conversation one goes at a time, in the order of acceptance (D8).
 *
 * A row that is not ready is not seen by a free slot. It becomes ready when it waits for nothing of its own and no
 * older one of its lane is alive: here when it starts to wait, in `freeLane` when the one before it has ended.
 */
import { laneOf, type Delegation } from '../delegation/index.ts';
import { touch, type Work } from './work.ts';

/** Whether a free slot may take it; what an agent delivers by itself is never ours to hand over. */
export function mayGo(work: Work, waiting: Delegation): boolean {
  const lane = laneOf(waiting);
  const oldest = lane === undefined ? undefined : work.tx.firstInLane(lane, waiting.key);
  return waiting.origin !== 'self' && (oldest === undefined || oldest.key > waiting.key);
}

/** In a conversation the next one may start only now. */
export function freeLane(work: Work, settled: Delegation): void {
  const lane = laneOf(settled);
  const next = lane === undefined ? undefined : work.tx.firstInLane(lane, settled.key);
  const waits = next?.status === 'queued' && next.origin !== 'self' && !next.ready && next.notBefore === null;
  if (next !== undefined && waits) {
    touch(work, next, { ready: true });
  }
}
