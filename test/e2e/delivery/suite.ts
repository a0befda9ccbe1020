/**
 * The list of rules over every way to reach a callee, on one engine.
 */
import { after, before, describe, test } from 'node:test';
import type { Store } from './house.ts';
import { leftovers, RULES } from './rules.ts';
import { WAYS, type Stand, type Way } from './ways.ts';

const RULE_MS_MAX = 45_000;

export interface Engine {
  name: string;
  /** A store of its own for each way. */
  store(): Promise<Store>;
}

/** Two ways at a time: most of what they do is wait for leases and for processes to start. */
const AT_ONCE = 2;

export function deliverySuite(engine: Engine): void {
  describe(`on ${engine.name}`, { concurrency: AT_ONCE }, () => {
    for (const way of WAYS) {
      describe(`a callee reached by ${way.name}`, { concurrency: 1 }, () => rulesOf(way, engine));
    }
  });
}

function rulesOf(way: Way, engine: Engine): void {
  let stand: Stand | undefined;
  before(async () => {
    stand = await way.open(await engine.store());
  });
  after(async () => stand?.close());
  for (const rule of RULES.filter(({ of }) => of === undefined || of(way))) {
    test(rule.title, { timeout: RULE_MS_MAX }, async () => {
      await rule.check(stand!, way);
      await leftovers(stand!);
    });
  }
}
