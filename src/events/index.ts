/**
 * The log as others see it: who is woken by it, and how one waits for it.
 */
export { Hub, type Listener } from './hub.ts';
export { waitFor, type Waiting } from './wait.ts';
