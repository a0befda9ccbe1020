/**
 * What one stage of the test run said: counts, failures, and what the failing files printed.
 *
 * It is gathered per file, so that files running beside each other do not mix.
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
  counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  readonly #output = new Map<string, string>();
  readonly #failures: EventData.TestFail[] = [];
  #empty = 0;

  keepOutput(event: EventData.TestStdout | EventData.TestStderr): void {
    this.#output.set(event.file, `${this.#output.get(event.file) ?? ''}${event.message}`);
  }

  fail(event: EventData.TestFail): void {
    this.#failures.push(event);
  }

  /** A file without a test in it is reported as one passed test that bears the file's name. */
  pass(event: EventData.TestPass): void {
    if (shortName(event.name) === shortName(event.file)) {
      this.#empty += 1;
      console.log(`none    ${shortName(event.name)}  holds no test that was chosen`);
    }
  }

  summarise(event: EventData.TestSummary): void {
    const { counts, file } = event;
    const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    if (file !== undefined) {
      const seconds = (event.duration_ms / 1000).toFixed(1);
      console.log(`${failed > 0 ? 'FAILED' : 'ok    '}  ${shortName(file)}  ${counts.tests} tests  ${seconds} s`);
      return;
    }
    this.counts = { passed: counts.passed - this.#empty, failed, skipped: counts.skipped + counts.todo };
  }

  print(): void {
    for (const failure of this.#failures) {
      console.log(described(failure));
    }
    for (const file of new Set(this.#failures.map((failure) => failure.file ?? ''))) {
      const output = this.#output.get(file)?.trim() ?? '';
      if (output !== '') {
        console.log(`\nPrinted by ${shortName(file)}:\n${output.slice(-OUTPUT_CHARS_MAX)}`);
      }
    }
  }
}

function described(failure: EventData.TestFail): string {
  const place = `${shortName(failure.file)}:${failure.line ?? 1}:${failure.column ?? 1}`;
  const { error } = failure.details;
  const { cause } = error;
  const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? error.message);
  return `\nFAILED  ${shortName(failure.name)}\n        ${place}\n${indented(message)}`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('(node:internal/'))
    .map((line) => `        ${line}`)
    .join('\n');
}

function shortName(path: string | undefined): string {
  return path?.startsWith(process.cwd()) ? relative(process.cwd(), path) : (path ?? '');
}
