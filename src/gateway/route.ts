/**
 * A route as data: what it is called, what it takes, and the function that answers it.
 *
 * The router, the OpenAPI page and the tests of bad input all read the same table, so a route cannot be left out of
 * any of them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Platform } from '../tools/index.ts';
import type { Principal } from './auth/principal.ts';
import type { Gateway } from './gateway.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** `anyone`: health and the like. `known`: any principal. `own`: the workspace in the path, or above it. */
export type Access = 'anyone' | 'known' | 'own';

export interface Call<Body, Query> {
  gateway: Gateway;
  principal: Principal;
  params: Readonly<Record<string, string>>;
  body: Body;
  query: Query;
  headers: IncomingMessage['headers'];
  /** For a route that reads its body by itself (`raw`). */
  request: IncomingMessage;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
  /** For a route that streams; it answers `streamed`. */
  response: ServerResponse;
  /** The platform's other routes, for the same caller, without the network. */
  platform: Platform;
  /** Asked again while a stream is open: its caller's key may have been revoked, or its attempt be over. */
  isStillAllowed: () => Promise<boolean>;
}

export interface Reply {
  status: number;
  body?: unknown;
  /** Sent as it is, with its own content type. */
  raw?: { type: string; bytes: string | Uint8Array };
  headers?: Record<string, string>;
}

export const STREAMED = 'streamed';

export interface Route {
  method: Method;
  path: string;
  access: Access;
  /** For the OpenAPI page. */
  summary: string;
  body?: z.ZodType;
  /** A body may be left out altogether. */
  bodyOptional?: boolean;
  query?: z.ZodType;
  /** Its body is bytes of any kind, which the route reads as they come. */
  raw?: boolean;
  /** Allows a large body: results, files by value. */
  large?: boolean;
  answers?: readonly number[];
  handle: (call: Call<never, never>) => Promise<Reply | typeof STREAMED>;
}

interface Typed<B extends z.ZodType, Q extends z.ZodType> extends Omit<Route, 'handle' | 'body' | 'query'> {
  body?: B;
  query?: Q;
  handle: (call: Call<z.output<B>, z.output<Q>>) => Promise<Reply | typeof STREAMED>;
}

/** Ties the types of a route's schemas to its function. */
export function route<B extends z.ZodType = z.ZodUndefined, Q extends z.ZodType = z.ZodUndefined>(
  typed: Typed<B, Q>,
): Route {
  return typed as unknown as Route;
}

export function ok(body: unknown, status = 200, headers?: Record<string, string>): Reply {
  return headers === undefined ? { status, body } : { status, body, headers };
}
