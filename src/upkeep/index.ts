/**
 * What time does to the line: rescue, expire, warn, renew, prune.
 */
export { prune } from './pruner.ts';
export { handBack, rescue } from './rescuer.ts';
export { sweep, Timekeeper } from './timekeeper.ts';
export { startUpkeep, type Upkeep } from './upkeep.ts';
