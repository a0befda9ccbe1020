/**
 * The door of the MCP face: one address over HTTP, and a pipe, from the same parts.
 */
export { endpointOf, type Endpoint, type McpRequest } from './http/endpoint.ts';
export { method, noParams, type McpCall, type Method } from './method.ts';
export type { Caller, Changed, Era, McpParts, Surface } from './parts.ts';
export { serveMcpOverStdio, type Pipe } from './stdio.ts';
