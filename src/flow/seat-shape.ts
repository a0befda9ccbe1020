/**
 * A workspace in the words of the wire, as those see it who may delegate to it, and what it may do itself.
 */
import { usualMs, type Limits } from '../core/delegation/index.ts';
import { cut } from '../core/text.ts';
import type { Workspace } from '../core/workspace/index.ts';

/** As many as may be said where a seat is made. */
const ROLE_CHARACTERS = 2000;

/** What it is good for: as whoever runs the organisation says, else as its card does. */
export function roleOf({ role, card }: Pick<Workspace, 'role' | 'card'>): string | null {
  const said = card?.['description'];
  return role ?? (typeof said === 'string' && said !== '' ? cut(said, ROLE_CHARACTERS).text.toWellFormed() : null);
}

/** The original's one word for it. */
export function statusOf(workspace: Workspace): string {
  if (workspace.state !== 'active') {
    return workspace.state;
  }
  if (workspace.presence !== 'unknown') {
    return workspace.presence;
  }
  return workspace.carrier === 'none' && !workspace.person ? 'awaiting_agent' : 'online';
}

/** Whether it is what somebody looks for by these words, in small letters. */
export function isSought(peer: Pick<Workspace, 'name' | 'role' | 'card'>, words: string | undefined): boolean {
  return words === undefined || `${peer.name}\n${roleOf(peer) ?? ''}`.toLowerCase().includes(words);
}

export function peerShape(peer: Workspace) {
  const { id, name, tier, parent, card, running, capacity, queued } = peer;
  return {
    ...{ id, name, role: roleOf(peer), tier, status: statusOf(peer), parent_id: parent, agent_card: card },
    ...{ active_tasks: running, capacity, queued },
    ...usualOf(peer),
  };
}

/** Absent while none is known. */
export function usualOf({ durations }: Pick<Workspace, 'durations'>) {
  const usual = usualMs(durations);
  return usual === undefined ? {} : { usual_ms: usual };
}

/** What it can still take, and what one delegation may be. */
export function limitsOf(limits: Limits, { queued }: Pick<Workspace, 'queued'>) {
  return {
    queue_left: Math.max(0, limits.queuePerCalleeMax - queued),
    task_bytes: limits.taskBytesMax,
    context_bytes: limits.contextBytesMax,
    result_bytes: limits.resultBytesMax,
    batch: limits.batchMax,
    fan_out: limits.fanOutParentMax,
    depth: limits.depthMax,
    deadline_ms: limits.deadlineMsMax,
  };
}
