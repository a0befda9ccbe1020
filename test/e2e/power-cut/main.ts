/**
 * `node test/e2e/power-cut/main.ts --cycles 20 --seed 1`: the power is cut so many times, with a summary at the end.
 *
 * Starts itself again in namespaces of its own (`namespace.ts`), where the cuts are made.
 */
import { parseArgs } from 'node:util';
import { campaign, type Report } from './campaign.ts';
import { intoMemory, runInside, trial, whyNot } from './namespace.ts';
import type { SeriesReport } from './series.ts';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    inside: { type: 'boolean' },
    trial: { type: 'boolean' },
  },
});
const { cycles, seed } = values;

if (values.trial === true) {
  trial();
} else if (values.inside === true) {
  await inside();
} else {
  await outside();
}

/** The first process of its namespace: with it everything else ends. Its report is all that goes to stdout. */
async function inside(): Promise<void> {
  process.stdin.once('end', () => process.exit(1)).resume();
  const folder = intoMemory();
  console.log(JSON.stringify(await campaign({ folder, cycles: Number(cycles), seed: Number(seed) })));
  process.exit(0);
}

async function outside(): Promise<void> {
  const reason = whyNot();
  if (reason !== undefined) {
    console.error(`No power can be cut here: ${reason}`);
    process.exit(1);
  }
  console.log(`power cut: ${cycles} cycles, seed ${seed}`);
  const { kept, controls } = JSON.parse(await runInside(['--cycles', cycles, '--seed', seed])) as Report;
  const isKept = kept.lost.length + kept.broken.length === 0 && kept.settled > 0;
  print(kept);
  for (const control of controls) {
    print(control);
  }
  const idle = controls.filter(({ lost }) => lost.length === 0).map(({ name }) => name);
  if (idle.length > 0) {
    console.log(`Nothing is proved: with ${idle.join(' and ')} nothing was lost either.`);
  }
  process.exit(isKept && idle.length === 0 ? 0 : 1);
}

function print(done: SeriesReport): void {
  const { name, cycles: of, cuts, cutsInRecovery, accepted, settled, unknown, lost, broken } = done;
  console.log(`${name}: ${of} cycles, ${cuts} cuts (${cutsInRecovery} in a recovery)`);
  console.log(`  accepted ${accepted}, settled ${settled}, without an answer ${unknown}`);
  console.log(`  lost ${lost.length} of ${accepted}, other findings ${broken.length}`);
  for (const what of broken.slice(0, 20)) {
    console.log(`    ${what}`);
  }
}
