/**
 * What a version of the protocol must be able to say for us, as one small interface.
 *
 * `v03/codec.ts` and `v1/codec.ts` have the same functions in the same order; their difference is the difference of
 * the versions. Readers need no dialect: `read.ts` understands both.
 */
import type { Part } from '../core/delegation/index.ts';
import type { Call } from './envelope.ts';
import type { Json } from './json.ts';

export type Version = '0.3' | '1.0';

export interface OutgoingMessage {
  messageId: string;
  context?: string;
  /** An existing task of the peer that this message belongs to. */
  task?: string;
  parts: readonly Part[];
  metadata: Json;
}

export interface Dialect {
  readonly version: Version;
  /** Extra headers, as a flat list of names and values. */
  readonly headers: readonly string[];
  send(message: OutgoingMessage, tenant?: string): Call;
  get(task: string, tenant?: string): Call;
  cancel(task: string, tenant?: string): Call;
  subscribe(task: string, tenant?: string): Call;
  /** Tasks of one context; 0.3 has no such question. */
  list?(context: string, tenant?: string): Call;
}

/** What we can do with whatever comes back. */
export const OUTPUT_MODES: readonly string[] = ['text/plain', 'application/json', 'application/octet-stream'];
