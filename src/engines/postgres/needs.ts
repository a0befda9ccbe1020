/**
 * What the law needs and is not known yet: each thing once, by its kind, to be fetched together.
 */
import type { LaneKey } from '../../core/delegation/index.ts';
import type { Turn } from '../../core/ports/index.ts';

export interface Asked {
  delegations: number;
  foreign: string;
  seats: string;
  organisations: string;
  /** Callees whose heads of all bands are wanted. */
  queues: string;
  lanes: LaneKey;
  turns: Turn;
  children: number;
  under: number;
  liveAt: string;
  batches: number;
  remembered: { caller: string; key: string };
  notices: number;
  inboxes: string;
  keys: string;
  keyCounts: string;
  late: number;
  memories: number;
  memoryCounts: string;
  /** So many of the oldest rows, for the pruner. */
  oldest: number;
}

type Kind = keyof Asked;

export class Needs {
  readonly #asked = new Map<Kind, Map<string, unknown>>();

  add<K extends Kind>(kind: K, ...what: Asked[K][]): this {
    const known = this.#asked.get(kind) ?? new Map<string, unknown>();
    this.#asked.set(kind, known);
    for (const one of what) {
      known.set(nameOf(one), one);
    }
    return this;
  }

  of<K extends Kind>(kind: K): Asked[K][] {
    return [...(this.#asked.get(kind)?.values() ?? [])] as Asked[K][];
  }

  get isEmpty(): boolean {
    return [...this.#asked.values()].every((asked) => asked.size === 0);
  }
}

export function nameOf(what: unknown): string {
  return typeof what === 'object' ? JSON.stringify(Object.values(what ?? {})) : String(what);
}
