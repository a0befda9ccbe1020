/**
 * What an agent installs: its desk at a platform.
 */
export { deskAt, openDesk, type PlatformAt } from './platform.ts';
