/**
 * The kinds of events that a client can follow, and what each of them says.
 *
 * An event names what it is about and how that stands; what a peer wrote is read by its id, and not sent along to
 * wherever an event may end up.
 */
import { z } from 'zod';

const about = { delegation_id: z.string(), status: z.string() };

const KINDS = {
  'delegation.completed': ['A task you delegated is done.', z.object(about)],
  'delegation.failed': ['A task you delegated has failed.', z.object({ ...about, reason: z.string().optional() })],
  'delegation.input_required': ['A peer asks something about a task you delegated.', z.object(about)],
  'message.received': ['A person has written to you.', z.object({ message_id: z.string(), excerpt: z.string() })],
} as const;

export type Kind = keyof typeof KINDS;

/** One of them, at its place in the log. */
export interface Occurrence {
  seq: number;
  id: string;
  kind: Kind;
  at: string;
  data: Record<string, unknown>;
}

export const eventArguments = z.strictObject({
  delegation_id: z.string().min(1).max(200).optional().describe('Only of this delegation.'),
});

export type EventArguments = z.output<typeof eventArguments>;

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

export const CATALOG = Object.entries(KINDS).map(([name, [description, payload]]) => ({
  name,
  description,
  delivery: ['poll', 'push'],
  inputSchema: name.startsWith('delegation.') ? schemaOf(eventArguments) : schemaOf(z.strictObject({})),
  payloadSchema: schemaOf(payload),
}));

function schemaOf(schema: z.ZodObject): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
}

/** As a client is told of it. */
export function told({ id, kind, at, data }: Occurrence): Record<string, unknown> {
  return { eventId: id, name: kind, timestamp: at, data };
}
