/**
 * The door of the MCP face: one address over HTTP, and a pipe, from the same parts.
 */
export type { Occurrence } from './events/catalog.ts';
export { endpointOf, type Endpoint } from './http/endpoint.ts';
export { method, type McpCall, type Method } from './method.ts';
export type { Caller, EventLog, McpParts, Surface } from './parts.ts';
export { serveMcpOverStdio } from './stdio.ts';
