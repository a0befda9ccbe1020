/**
 * The schemas of our HTTP API: what is sent. Routes validate by them and the OpenAPI page is generated from them.
 */
export * as memory from './memory.ts';
export * as query from './query.ts';
export * as seat from './seat.ts';
export * as task from './task.ts';
export type { TaskFields } from './task.ts';
