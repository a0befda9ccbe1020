/**
 * The desk of a session: where the tools of the one list are called, without a platform.
 */
import type { Desk } from '../tools/index.ts';
import type { House } from './house.ts';

export function deskOf(_house: House, session: string): Desk {
  throw new Error(`no desk for ${session} yet`);
}
