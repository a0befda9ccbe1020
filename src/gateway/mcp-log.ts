/**
 * The platform's log as MCP tells it: the endings and questions of what a workspace delegated, and what a person wrote
 * to it. The place in the log is the cursor.
 */
import type { Event } from '../core/ports/index.ts';
import { time, type Line } from '../flow/index.ts';
import type { EventLog, Occurrence } from '../mcp/index.ts';
import { eventId } from './shapes.ts';

export function mcpLog({ engine, hub }: Pick<Line, 'engine' | 'hub'>): EventLog {
  return {
    last: async () => engine.lastSeq(),
    async read({ desk: { workspace } }, after, limit) {
      const events = await engine.events({ workspace, after, limit });
      return {
        occurrences: events.flatMap((event) => occurrencesIn(event, workspace)),
        next: events.length < limit ? undefined : events.at(-1)?.seq,
      };
    },
    watch: ({ desk: { workspace } }, wake) => hub.onWorkspace(workspace, wake),
  };
}

const ENDINGS = { completed: 'delegation.completed', failed: 'delegation.failed' } as const;

function occurrencesIn(event: Event, workspace: string): Occurrence[] {
  const known = { seq: event.seq, id: eventId(event), at: time(event.at) };
  const { data, delegationId: id, workspace: owner } = event;
  if (event.type === 'delegation.settled' && owner === workspace) {
    const status = String(data['status']);
    const reason = data['reason'];
    const about = { delegation_id: id, status, ...(typeof reason === 'string' ? { reason } : {}) };
    return status === 'completed' || status === 'failed' ? [{ ...known, kind: ENDINGS[status], data: about }] : [];
  }
  if (event.type === 'delegation.asked' && owner === workspace) {
    return [{ ...known, kind: 'delegation.input_required', data: { delegation_id: id, status: 'input_required' } }];
  }
  if (event.type === 'message.sent' && owner === workspace && data['from'] === 'person') {
    const { message_id: message, excerpt } = data;
    return [{ ...known, kind: 'message.received', data: { message_id: message, excerpt } }];
  }
  return [];
}
