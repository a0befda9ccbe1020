/** One message list, and what its provider says to it. */
import type { Provider, Rule } from '../../../src/background/messages/index.ts';

export interface Case {
  provider: Provider;
  title: string;
  list: readonly unknown[];
  /** The rules it breaks, in the order in which they are found; none where it is legal. */
  breaks: readonly Rule[];
}

/** A table of one provider: title → list, or title → list and the rules it breaks. */
export function legal(provider: Provider, table: Record<string, readonly unknown[]>): Case[] {
  return Object.entries(table).map(([title, list]) => ({ provider, title, list, breaks: [] }));
}

export function illegal(
  provider: Provider,
  table: Record<string, readonly [list: readonly unknown[], ...breaks: Rule[]]>,
): Case[] {
  return Object.entries(table).map(([title, [list, ...breaks]]) => ({ provider, title, list, breaks }));
}
