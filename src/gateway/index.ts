/**
 * The HTTP face: one function for node:http, made from the gateway it serves.
 */
export { createApp } from './app.ts';
export { Keyring, keyWith, makeKey } from './auth/keyring.ts';
export { DEFAULT_ORG, type Gateway } from './gateway.ts';
export { openMcp, watchOver } from './mcp.ts';
export { personSeat } from './person.ts';
export { routes } from './routes/index.ts';
