/**
 * One method of MCP as data: what its parameters look like, and the function that answers it.
 *
 * The SDK frames, classifies and validates; a method sees who calls, in which era, and what the client says it can do.
 */
import type { ClientCapabilities, Result, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Caller, Era } from './parts.ts';

/** What outlives a single request: a session over HTTP, or the process at the other end of a pipe. */
export interface Connection {
  /** Names the calls of this connection, together with their JSON-RPC ids. */
  id: string;
  /** The version of each task that was shown here last. */
  seen: Map<string, number>;
  /** Resources that were subscribed to. */
  subscribed: Set<string>;
  /** After each change of them. */
  onSubscribed: () => void;
}

export interface McpCall {
  era: Era;
  caller: Caller;
  /** Undefined where every request stands alone. */
  connection: Connection | undefined;
  /** Of the client, as far as it declared them. */
  capabilities: ClientCapabilities | undefined;
  /** Its id, its `_meta`, whether it still waits, and the way back to it. */
  request: Pick<ServerContext['mcpReq'], 'id' | '_meta' | 'signal' | 'notify'>;
  /** The SDK's own context; undefined where a tool was called without its server. */
  context: ServerContext | undefined;
}

export interface Method {
  params: z.ZodType;
  answer: (params: never, call: McpCall) => Promise<Result>;
}

/** Ties the types of the parameters to the function. */
export function method<P extends z.ZodType>(
  params: P,
  answer: (params: z.output<P>, call: McpCall) => Promise<Result>,
): Method {
  return { params, answer: answer as Method['answer'] };
}

export const noParams = z.looseObject({});

/** An id of ours, as far as it can be one. */
export const idParam = z.string().min(1).max(200);
