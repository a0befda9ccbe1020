/**
 * Times, tables and reasons in words, the same in every command.
 */
import type { Waits } from './shapes.ts';

/** `0.4 s`, `12 s`, `3 min`, `2 h`, `4 d`: one number that a person can hold. */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  if (seconds < 100) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = seconds / 60;
  if (minutes < 100) {
    return `${Math.round(minutes)} min`;
  }
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 60 / 24)} d`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `1,204,331` */
export function grouped(number: number): string {
  return number.toLocaleString('en');
}

/** How long ago, as the clock of whoever wrote `at` sees it. */
export function since(at: string | undefined, now: number): string {
  return at === undefined ? '' : span(now - Date.parse(at));
}

const CAUSES: Readonly<Record<string, string>> = {
  slot: 'its turn',
  callee_offline: 'the callee to come online',
  paused: 'the callee to be resumed',
  backoff: 'the next try',
  rate: 'the rate limit',
  approval: 'an approval',
  budget: 'budget',
  start_time: 'its start time',
  dependency: 'the one before it in its conversation',
  answer: 'an answer',
  report: 'a report of the agent that delivers it itself',
};

/** What a delegation waits for, or nothing. */
export function waiting(waits: Waits, now: number): string {
  const cause = waits.waiting_for?.cause;
  if (cause === undefined) {
    return '';
  }
  const place = waits.position === undefined ? '' : `, position ${waits.position}`;
  const eta = waits.eta_ms === undefined ? '' : `, about ${span(waits.eta_ms)}`;
  const until = cause === 'backoff' || cause === 'start_time' ? waits.waiting_for?.until : undefined;
  const left = until === undefined ? '' : `, in ${span(Date.parse(until) - now)}`;
  return `waits for ${CAUSES[cause] ?? cause}${place}${eta}${left}`;
}

/** Left-aligned columns; the width of a cell is counted without its colours. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const ESCAPES = /\p{Cc}\[\d+m/gu;

function widthOf(cell: string): number {
  return [...cell.replaceAll(ESCAPES, '')].length;
}
