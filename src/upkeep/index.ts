/**
 * What time does to the line: rescue, expire, warn, renew, prune.
 */
export { startUpkeep, type Upkeep } from './upkeep.ts';
