/**
 * The log as others see it: who is woken by it, and how one waits for it.
 */
export { Hub } from './hub.ts';
export { Tail } from './tail.ts';
export { waitFor } from './wait.ts';
