/**
 * What an agent installs: its connection to a platform, and its desk there for whoever needs nothing else.
 */
export { connect, type Connecting } from './connect.ts';
export type { Asking, BatchHandle, DelegateOptions, Ending, Errand, Handle, Standing, Step, Turn } from './errand.ts';
export { deskAt, openDesk, type PlatformAt } from './platform.ts';
export { DeskError } from '../tools/index.ts';
