/**
 * The entry of `npm test`: runs test/ with node:test and ends with one line, `N passed, N failed`.
 *
 * Three files run beside each other, each in a process of its own: first what is short, then what takes long, and of
 * both the longest first, so that no lane has much left to do when the others are done. Those that install into the
 * same folder run one after the other, and so do those that kill and cut and judge what came of it. A file that does not
 * end by itself has leaked a timer, a socket or a lease, and fails when its time is up.
 *
 * Arguments are files, folders or parts of a path; `--name=TEXT` runs only tests whose title matches. A file in which no
 * test ran counts as failed, and so does a run without one.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { LONGEST } from './test/longest.ts';
import { type Counts, Report } from './test/report.ts';

/** Its lanes run beside each other. A lane takes from its lists, one after the other; lanes may share a list. */
interface Stage {
  lanes: string[][][];
  fileMsMax: number;
}

const INSTALLING = /^test\/(?:adapters|clients)\//u;
const KILLING = /^test\/e2e\/(?:chaos|kill-9|kill-agents|kill-background|power-cut|migrate|demo)\./u;
const LONG = /^test\/(?:simulation|e2e|adapters|clients)\//u;

// Every file and every command that a test starts reads hundreds of modules: kept compiled, that costs half.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../node_modules/.cache/node');

const { paths, names } = readArguments(process.argv.slice(2));
const files = chosenFiles(paths);
const short = files.filter((file) => !LONG.test(file));
const long = files.filter((file) => LONG.test(file) && !INSTALLING.test(file) && !KILLING.test(file));
const installing = files.filter((file) => INSTALLING.test(file));
const killing = files.filter((file) => KILLING.test(file));
// Most of what a file does is wait: for a process to start, a lease to end, a disk. Three keep two cores at work.
const stages: Stage[] = [
  { lanes: [[short], [short], [short]], fileMsMax: 120_000 },
  { lanes: [[killing, long], [installing, long], [long]], fileMsMax: 900_000 },
];

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  add(total, await runStage(stage));
}
console.log(closingLine(total));
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

function readArguments(given: string[]): { paths: string[]; names: string[] } {
  const flag = '--name=';
  return {
    paths: given.filter((argument) => !argument.startsWith('-')).map((path) => path.replace(/^\.\//u, '')),
    names: given.filter((argument) => argument.startsWith(flag)).map((argument) => argument.slice(flag.length)),
  };
}

function chosenFiles(wanted: string[]): string[] {
  const all = globSync('test/**/*.test.ts', { exclude: ['**/node_modules/**'] }).toSorted(longestFirst);
  if (wanted.length === 0) {
    return all;
  }
  const globbed = new Set(wanted.flatMap((path) => globSync(path)));
  return all.filter((file) => globbed.has(file) || wanted.some((path) => file.includes(path)));
}

/** Those that are known to take long, in their order; then the others, by name. */
function longestFirst(one: string, other: string): number {
  return rankOf(one) - rankOf(other) || (one < other ? -1 : 1);
}

function rankOf(file: string): number {
  const rank = LONGEST.indexOf(file.slice('test/'.length, -'.test.ts'.length));
  return rank === -1 ? LONGEST.length : rank;
}

async function runStage({ lanes, fileMsMax }: Stage): Promise<Counts> {
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  async function work(lane: string[][]): Promise<void> {
    for (const waiting of lane) {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        add(sum, await runFile(file, fileMsMax));
      }
    }
  }
  await Promise.all(lanes.map(work));
  return sum;
}

/** A run of its own per file: only so can one file be stopped when its time is up and the others go on. */
async function runFile(file: string, fileMsMax: number): Promise<Counts> {
  const report = new Report(file, { fileMsMax, mayBeEmpty: names.length > 0 });
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), fileMsMax);
  const events = run({
    files: [file],
    concurrency: 1,
    signal: time.signal,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    ...(names.length > 0 ? { testNamePatterns: names } : {}),
  });
  events.on('test:stdout', (event) => report.keepOutput(event));
  events.on('test:stderr', (event) => report.keepOutput(event));
  events.on('test:fail', (event) => report.fail(event));
  events.on('test:pass', (event) => report.pass(event));
  events.on('test:summary', (event) => report.summarise(event));
  await finished(events.resume());
  clearTimeout(timer);
  return report.close();
}

function add(sum: Counts, more: Counts): void {
  sum.passed += more.passed;
  sum.failed += more.failed;
  sum.skipped += more.skipped;
}

function closingLine(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
