/**
 * Checks the chain of an organisation's log: every line's hash covers the line before it (D12).
 */
import { hash } from 'node:crypto';
import { chainText, type Engine } from '../core/ports/index.ts';

const AT_ONCE = 1000;

export interface Chain {
  checked: number;
  /** The first line whose hash does not fit; null when all do. */
  broken: number | null;
}

export async function hashChain(engine: Pick<Engine, 'events'>, org: string): Promise<Chain> {
  let before = '';
  let after = 0;
  let checked = 0;
  for (;;) {
    const events = await engine.events({ org, after, limit: AT_ONCE });
    for (const event of events) {
      if (hash('sha256', chainText(before, event, JSON.stringify(event.data)), 'base64url') !== event.hash) {
        return { checked, broken: event.seq };
      }
      before = event.hash;
      after = event.seq;
      checked += 1;
    }
    if (events.length < AT_ONCE) {
      return { checked, broken: null };
    }
  }
}
