/**
 * One line of the log in memory. Its hash is made when somebody asks for it, and the hashes before it with it.
 *
 * A line is written for each step of a delegation and read by hardly anybody: to hash them all as they are written
 * took a seventh of the time of a delegation (measured), and no one can see the difference, since lines never change.
 */
import type { Event, Happening } from '../../core/ports/index.ts';

/** Knows the line before it. */
export interface Chain {
  hashUpTo(seq: number): void;
}

export class Line implements Event {
  readonly seq: number;
  readonly at: number;
  readonly type: Event['type'];
  readonly org: string;
  readonly workspace: string;
  readonly peer: string | null;
  readonly actor: string;
  readonly delegation: number | null;
  readonly delegationId: string | null;
  readonly n: number | null;
  readonly data: Record<string, unknown>;
  readonly #chain: Chain;
  #hash = '';

  constructor(chain: Chain, happening: Happening, place: { seq: number; at: number }) {
    this.seq = place.seq;
    this.at = place.at;
    this.type = happening.type;
    this.org = happening.org;
    this.workspace = happening.workspace;
    this.peer = happening.peer;
    this.actor = happening.actor;
    this.delegation = happening.delegation;
    this.delegationId = happening.delegationId;
    this.n = happening.n;
    this.data = happening.data;
    this.#chain = chain;
  }

  /** Empty where the line has gone from a bounded log before anybody asked. */
  get hash(): string {
    if (this.#hash === '') {
      this.#chain.hashUpTo(this.seq);
    }
    return this.#hash;
  }

  set hash(hash: string) {
    this.#hash = hash;
  }

  /** As others read it, in the words of the port and nothing else. */
  told(): Event {
    const { seq, at, type, org, workspace, peer, actor, delegation, delegationId, n, data, hash } = this;
    return { type, org, workspace, peer, actor, delegation, delegationId, n, data, seq, at, hash };
  }
}
