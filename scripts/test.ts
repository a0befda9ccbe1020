/**
 * The entry of `npm test`: runs test/ with node:test and ends with one line, `N passed, N failed`.
 *
 * Files run beside each other, each in a process of its own; then those that start processes or measure time
 * themselves (test/e2e, test/simulation), one after the other. A file that does not end by itself has leaked a timer, a
 * socket or a lease, and fails when its time is up.
 *
 * Arguments are files, folders or parts of a path; `--name=TEXT` runs only tests whose title matches. Whatever runs no
 * test at all counts as failed.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { type Counts, Report } from './test/report.ts';

interface Stage {
  files: string[];
  concurrency: number;
  fileMsMax: number;
}

const SERIAL = /^test\/(?:e2e|simulation)\//u;

const { paths, names } = readArguments(process.argv.slice(2));
const files = chosenFiles(paths);
const stages: Stage[] = [
  {
    files: files.filter((file) => !SERIAL.test(file)),
    concurrency: Math.max(1, availableParallelism()),
    fileMsMax: 120_000,
  },
  { files: files.filter((file) => SERIAL.test(file)), concurrency: 1, fileMsMax: 900_000 },
];

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  if (stage.files.length > 0) {
    add(total, await runStage(stage));
  }
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
  const all = globSync('test/**/*.test.ts').toSorted();
  if (wanted.length === 0) {
    return all;
  }
  const globbed = new Set(wanted.flatMap((path) => globSync(path)));
  return all.filter((file) => globbed.has(file) || wanted.some((path) => file.includes(path)));
}

async function runStage(stage: Stage): Promise<Counts> {
  const events = run({
    files: stage.files,
    concurrency: stage.concurrency,
    timeout: stage.fileMsMax,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    ...(names.length > 0 ? { testNamePatterns: names } : {}),
  });
  const report = new Report();
  events.on('test:stdout', (event) => report.keepOutput(event));
  events.on('test:stderr', (event) => report.keepOutput(event));
  events.on('test:fail', (event) => report.fail(event));
  events.on('test:pass', (event) => report.pass(event));
  events.on('test:summary', (event) => report.summarise(event));
  for await (const event of events) {
    if (event.type === 'test:interrupted') {
      break;
    }
  }
  report.print();
  return report.counts;
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
