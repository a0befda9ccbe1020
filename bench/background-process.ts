/**
 * `node bench/background-process.ts memory|sqlite queued|awaited|later <count> <folder>`: so many tasks that wait, behind
 * one that never ends or for the time they start at. It says when all of them are kept, and lives until it is ended.
 */
import { join } from 'node:path';
import { open, type Handle } from '../src/background/index.ts';

const AT_ONCE = 500;
const HOUR = 3_600_000;

const [kept, what, count = '0', folder = '.'] = process.argv.slice(2);
const total = Number(count);
const errand = await open({
  store: kept === 'memory' ? ':memory:' : join(folder, 'errand.db'),
  capacity: 1,
  queue: { most: total + 1 },
  workspaces: { endless: async () => new Promise(() => {}) },
});

async function delegated(): Promise<Handle> {
  const later = what === 'later' ? { startAt: new Date(Date.now() + HOUR) } : {};
  const handle = errand.delegate({
    to: 'endless',
    task: 'Find out why the nightly build is slower than last week.',
    ...later,
  });
  const admission = await handle.accepted;
  if (admission.kind !== 'accepted') {
    throw new Error(JSON.stringify(admission));
  }
  return handle;
}

const awaited: Promise<unknown>[] = [];
for (let made = 0; made < total; made += AT_ONCE) {
  const some = Math.min(AT_ONCE, total - made);
  const handles = await Promise.all(Array.from({ length: some }, async () => delegated()));
  if (what === 'awaited') {
    awaited.push(...handles.map(async ({ done }) => done));
  }
}
setInterval(() => {}, HOUR);
console.log('They wait.');
await Promise.all(awaited);
