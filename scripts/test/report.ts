/**
 * What one test file said: its counts, its failures, and what it printed.
 *
 * Everything is held back until the file is done, so that files running beside each other do not mix. What a file
 * prints is shown only when something in it failed; a test that was skipped is always named, with its reason.
 */
import { relative } from 'node:path';
import type { EventData } from 'node:test';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const OUTPUT_CHARS_MAX = 20_000;

export class Report {
  readonly #file: string;
  readonly #fileMsMax: number;
  readonly #mayBeEmpty: boolean;
  readonly #failures: EventData.TestFail[] = [];
  readonly #skipped: EventData.TestPass[] = [];
  readonly #counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  #printed = '';
  #durationMs = 0;
  #holdsTests = true;

  constructor(file: string, bounds: { fileMsMax: number; mayBeEmpty: boolean }) {
    this.#file = file;
    this.#fileMsMax = bounds.fileMsMax;
    this.#mayBeEmpty = bounds.mayBeEmpty;
  }

  keepOutput(event: EventData.TestStdout | EventData.TestStderr): void {
    this.#printed += event.message;
  }

  fail(event: EventData.TestFail): void {
    this.#failures.push(event);
  }

  /** A file in which no test ran is reported as one passed test that bears the file's name. */
  pass(event: EventData.TestPass): void {
    if (event.name === this.#file) {
      this.#holdsTests = false;
    }
    if (event.skip !== undefined) {
      this.#skipped.push(event);
    }
  }

  /** The summary without a file is the one of the whole run; what neither passed nor was skipped has failed. */
  summarise({ counts, duration_ms: durationMs, file }: EventData.TestSummary): void {
    if (file !== undefined) {
      return;
    }
    this.#durationMs = durationMs;
    this.#counts.passed = this.#holdsTests ? counts.passed : 0;
    this.#counts.skipped = counts.skipped + counts.todo;
    this.#counts.failed = counts.tests - counts.passed - this.#counts.skipped;
  }

  /** A file that says nothing has left early or lost its tests; only a search by name may find none in it. */
  close(): Counts {
    const empty = this.#counts.passed + this.#counts.failed + this.#counts.skipped === 0;
    if (empty && !this.#mayBeEmpty) {
      this.#counts.failed = 1;
    }
    const { passed, failed, skipped } = this.#counts;
    const verdict = failed > 0 ? 'FAILED' : 'ok    ';
    const tests = empty ? 'no test ran' : `${passed} of ${passed + failed + skipped} passed`;
    console.log(`${verdict}  ${this.#file}  ${tests}, ${(this.#durationMs / 1000).toFixed(1)} s`);
    for (const { name, skip } of this.#skipped) {
      console.log(`\n        SKIPPED ${name}\n${indented(String(skip))}\n`);
    }
    for (const failure of this.#failures) {
      console.log(this.#described(failure));
    }
    const output = this.#printed.trim();
    if (failed > 0 && output !== '') {
      console.log(`\n        It printed:\n${indented(output.slice(-OUTPUT_CHARS_MAX))}\n`);
    }
    return this.#counts;
  }

  #described(failure: EventData.TestFail): string {
    const file = failure.file === undefined ? this.#file : relative(process.cwd(), failure.file);
    const place = `${file}:${failure.line ?? 1}:${failure.column ?? 1}`;
    return `\n        FAILED  ${failure.name}\n        ${place}\n${indented(this.#messageOf(failure))}`;
  }

  #messageOf({ name, details: { error } }: EventData.TestFail): string {
    if (name === this.#file && error.message.includes('aborted')) {
      const limit = this.#fileMsMax / 1000;
      return `It did not end by itself within ${limit} s: it waits for ever, or leaked a timer, a socket or a process.`;
    }
    return error.cause === undefined ? error.message : withCauses(error.cause);
  }
}

/** The error and what led to it, each with its stack. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\nCaused by: ${withCauses(error.cause)}`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('(node:internal/') && !line.includes('at node:internal/'))
    .map((line) => `        ${line}`)
    .join('\n');
}
