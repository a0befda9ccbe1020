/**
 * Which stops the callee has to be told of (C9).
 *
 * On `cancelled`, `deadline` and `stalled` the task is to end, so the callee must learn of it. On `shutdown` and
 * `overtaken` somebody else goes on with it, and a word from us would end what they follow.
 */
import type { StopReason } from '../../core/ports/index.ts';

const ENDING: ReadonlySet<unknown> = new Set<StopReason>(['cancelled', 'deadline', 'stalled']);

export function mustBeTold(signal: AbortSignal): boolean {
  return ENDING.has(signal.reason);
}
