/**
 * What the platform has answered for, written down outside of the disk whose power is cut.
 *
 * Hashes are of the texts as they were given. An ending that was offered and not answered may be there or not.
 */
export interface Entry {
  id: string;
  key: number;
  taskSha256: string;
  /** Of the result that was offered, and whether that was answered. */
  result: { sha256: string; isAnswered: boolean } | null;
}

export interface Ledger {
  entries: Entry[];
  /** Offers that got no answer. */
  unknown: number;
}
