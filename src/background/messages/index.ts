/**
 * The door of messages: what proves a list legal for a provider, and what puts a turn into one.
 *
 * Pure, and without any provider's package: lists are data here.
 */
export { checkMessages, mayTakeTurn, PROVIDERS, type Provider } from './check.ts';
export type { Fault, Rule } from './fault.ts';
export { withTurn } from './turn.ts';
