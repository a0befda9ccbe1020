/**
 * What the MCP face is made from: the tools, the words a client is greeted with, and where changes are heard of.
 *
 * It knows no platform and no network of its own. A caller is an opaque identity and the desk at which it does its
 * business, so that nothing here can reach what is not its caller's. Time and chance are arguments.
 */
import type { Implementation, ServerCapabilities } from '@modelcontextprotocol/server';
import type { Clock, Ids } from '../core/ports/index.ts';
import type { Desk, ToolContext, ToolSpec } from '../tools/index.ts';
import type { Occurrence } from './events/catalog.ts';
import type { Method } from './method.ts';

/** The revisions of the protocol fall into two: with a handshake, and without. */
export type Era = 'legacy' | 'modern';

export interface Caller {
  /** The same for every request of one key; sessions are bound to it. */
  identity: string;
  desk: Desk;
  /** Asked again while a stream is open or a call is held. */
  isStillAllowed?: () => Promise<boolean>;
  /** Only where the client and this process have the same disk. */
  openFile?: ToolContext['openFile'];
}

/** What a client can be told of besides delegations, where a list is not fixed. */
export type Changed = 'tools' | 'prompts' | 'resources' | { uri: string };

/** Everything that is served in one era, before the SDK is given it. */
export interface Surface {
  era: Era;
  capabilities: ServerCapabilities;
  methods: Map<string, Method>;
  /** The input schema of each tool. */
  schemas: Map<string, unknown>;
  /** Says to whoever listens that something has changed. */
  announce: (changed: Changed) => void;
}

/** What happens at a caller's desk, in its order, each at a place that grows. */
export interface EventLog {
  last: () => Promise<number>;
  /** What can be followed, of so many lines after a place; `next` is where to go on if there may be more. */
  read: (
    caller: Caller,
    after: number,
    limit: number,
  ) => Promise<{ occurrences: Occurrence[]; next: number | undefined }>;
  /** Calls back when something has happened; returns how to leave. */
  watch: (caller: Caller, wake: () => void) => () => void;
}

export interface McpParts {
  tools: readonly ToolSpec[];
  /** Under 2 KB: clients cut it there. */
  instructions: string;
  version: string;
  clock: Clock;
  ids: Pick<Ids, 'random'>;
  onFault: (error: unknown) => void;
  /** Calls back with the id of a delegation of this caller whenever it has changed; returns how to leave. */
  watch: (caller: Caller, onChange: (delegation: string) => void) => () => void;
  /** What has happened, for whoever follows it; without it there are no events. */
  log?: EventLog;
  /** Adds to what is served, or puts itself before it. */
  extend?: (surface: Surface) => void;
}

export function implementationOf({ version }: Pick<McpParts, 'version'>): Implementation {
  return { name: 'errand', title: 'Errand', version };
}
