/**
 * What an agent installs: its desk at a platform.
 */
export { openDesk, type PlatformAt } from './platform.ts';
