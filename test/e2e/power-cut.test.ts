/**
 * The power of the disk under PostgreSQL is cut again and again while delegations are accepted and settled; what was
 * answered must be there afterwards. Where a machine allows no such cut, the test says why and is skipped.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from './power-cut/campaign.ts';
import { runInside, whyNot } from './power-cut/namespace.ts';

const CYCLES = 3;

test(
  `E1: in ${CYCLES} power cuts PostgreSQL loses nothing that was answered, and a careless setting does`,
  { timeout: 120_000 },
  async (t) => {
    const reason = whyNot();
    if (reason !== undefined) {
      process.stderr.write(`SKIPPED: no power can be cut on this machine: ${reason}\n`);
      t.skip(reason);
      return;
    }
    const { kept, controls } = JSON.parse(await runInside(['--cycles', String(CYCLES), '--seed', '7'])) as Report;
    assert.deepEqual([kept.lost, kept.broken], [[], []]);
    assert.ok(kept.cuts >= CYCLES && kept.settled > 0, `${kept.cuts} cuts, ${kept.settled} settled`);
    for (const { name, lost } of controls) {
      assert.ok(lost.length > 0, `with ${name} nothing was lost either: the cuts prove nothing`);
    }
  },
);
