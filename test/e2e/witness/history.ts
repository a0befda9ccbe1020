/**
 * What clients and peers saw and did, each written down by itself, outside of the product: append-only, in the parent
 * process, which is never killed. The checker reads nothing else.
 *
 * Times are the parent's monotonic milliseconds: `from` is before a request left, `to` after its answer came.
 */
import type { DelegationStatus } from './wire.ts';

/** One offer of a key; the same key may be offered many times. */
export interface Submission {
  client: string;
  key: string;
  /** Unknown: no answer came, so that it may or may not have been accepted. */
  outcome: 'answered' | 'refused' | 'unknown';
  ids: string[];
  batch: string | null;
  status: number;
  delivery: 'at_least_once' | 'at_most_once';
  callee: string;
  /** Its lane, where it has one. */
  conversation: string | null;
}

/** A status that was read, wherever. */
export interface Sighting {
  client: string;
  id: string;
  from: number;
  to: number;
  status: DelegationStatus;
  /** Absent where the place does not show it. */
  version: number | null;
  /** Of the result, as the product says it. */
  sha256: string | null;
  where: 'detail' | 'list' | 'notice';
}

/** One notice in one answer of an inbox. */
export interface Told {
  client: string;
  notice: string;
  kind: string;
  from: number;
  to: number;
  batch: string | null;
  about: string[];
}

export interface Acknowledged {
  client: string;
  notices: string[];
  counted: number;
  to: number;
}

/** A result that was fetched whole: the hash is the client's own. */
export interface Fetched {
  client: string;
  id: string;
  sha256: string;
  said: string;
}

/** One execution at a peer, with the hash of what it answers. */
export interface Ran {
  peer: string;
  messageId: string;
  order: number;
  sha256: string | null;
}

/** How a delegation stood when everything was over. */
export interface Final {
  client: string;
  id: string;
  status: DelegationStatus;
  sha256: string | null;
  version: number;
  events: { n: number; type: string }[];
}

export interface History {
  submissions: Submission[];
  sightings: Sighting[];
  told: Told[];
  acknowledged: Acknowledged[];
  fetched: Fetched[];
  ran: Ran[];
  finals: Final[];
  /** What the lists showed at the end. */
  listed: { client: string; id: string }[];
  /** What the inboxes still held at the end. */
  left: { client: string; notice: string }[];
  /** Whether the product's own chain of hashes held at the end. */
  chainHolds: boolean;
}

export function newHistory(): History {
  return {
    ...{ submissions: [], sightings: [], told: [], acknowledged: [], fetched: [], ran: [] },
    ...{ finals: [], listed: [], left: [], chainHolds: false },
  };
}
