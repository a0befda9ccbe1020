/**
 * What each provider's file gives: its rules over a list, and the shape in which it takes a turn of the user.
 */
import type { Ledger } from './ledger.ts';

export interface Judge {
  /** Reads the list from its beginning and writes what is wrong into the ledger; never throws. */
  judge(messages: readonly unknown[], ledger: Ledger): void;
  /** A new list with the turn as the user's, every message before it the same object. */
  add(messages: readonly unknown[], text: string): unknown[];
}
