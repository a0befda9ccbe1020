/**
 * Composition: reads the configuration, puts the platform together, and takes it down again in order.
 */
export { systemClock } from './clock.ts';
export { readConfig } from './config.ts';
export { startPlatform, type Platform } from './control-plane.ts';
export { VERSION } from './version.ts';
