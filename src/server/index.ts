/**
 * Composition: reads the configuration, puts the platform together, and takes it down again in order.
 */
export { systemClock, systemIds } from './clock.ts';
export { readConfig, type Config } from './config.ts';
export { startPlatform, type Platform } from './control-plane.ts';
export { operatorKeyPath } from './operator-key.ts';
export { VERSION } from './version.ts';
