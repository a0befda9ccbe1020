/**
 * Composition: reads the configuration, puts the platform together, and takes it down again in order.
 */
export { openArchive } from './archives.ts';
export { systemClock, systemIds } from './clock.ts';
export { readConfig } from './config.ts';
export { startPlatform, type Platform } from './control-plane.ts';
export { countsOf, move, planFor, takeBack, type Counts, type Moved, type Moving, type Progress } from './move.ts';
export type { MoveRefusal } from './move-plan.ts';
export { VERSION } from './version.ts';
