/**
 * One line of the append-only log. Everything that streams is a view of it, and it is the audit as well.
 *
 * `n` counts the events of one delegation without a gap and equals the row's version after it (D12). `hash` chains
 * the lines of an organisation: each covers the one before, so an edited or missing line shows.
 */
export const EVENT_TYPES = [
  'delegation.accepted',
  'delegation.queued',
  'delegation.dispatched',
  'delegation.delivered',
  'delegation.progressed',
  'delegation.rested',
  'delegation.woken',
  'delegation.steered',
  'delegation.heeded',
  'delegation.asked',
  'delegation.answered',
  'delegation.returned',
  'delegation.warned',
  'delegation.cancel_requested',
  'delegation.reprioritised',
  'delegation.settled',
  'batch.accepted',
  'batch.settled',
  'notice.acknowledged',
  'workspace.enrolled',
  'workspace.changed',
  'workspace.online',
  'workspace.offline',
  'workspace.paused',
  'workspace.resumed',
  'workspace.draining',
  'workspace.removed',
  'workspace.reported',
  'key.issued',
  'key.revoked',
  'access.denied',
  'message.sent',
  'memory.committed',
  'memory.forgotten',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What the law writes; the engine adds its place in the log. */
export interface Happening {
  type: EventType;
  org: string;
  /** Whose log it belongs to, and the other party. */
  workspace: string;
  peer: string | null;
  actor: string;
  delegation: number | null;
  delegationId: string | null;
  n: number | null;
  data: Record<string, unknown>;
}

export interface Event extends Happening {
  seq: number;
  at: number;
  /** Of this line and of the one before it in the organisation. */
  hash: string;
}

/** The text that a line's hash covers: the hash before it, and every field in this order. */
export function chainText(before: string, line: Omit<Event, 'hash' | 'data'>, data: string): string {
  return JSON.stringify([
    before,
    line.seq,
    line.type,
    line.at,
    line.org,
    line.workspace,
    line.peer,
    line.actor,
    line.delegationId,
    line.n,
    data,
  ]);
}
