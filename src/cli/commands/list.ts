/**
 * `errand list`: one line per delegation, newest first.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { oneOf, wholeOf, wordsOf } from '../flags.ts';
import type { Out } from '../out.ts';
import { oneLine, paintStatus } from '../paint.ts';
import type { Row } from '../shapes.ts';
import { rowsOf } from '../survey.ts';
import { table } from '../words.ts';

const STATUSES = [
  'pending',
  'queued',
  'dispatched',
  'in_progress',
  'input_required',
  'completed',
  'failed',
  'cancelled',
] as const;

export const list: Command = {
  name: 'list',
  summary: 'Lists delegations, newest first',
  usage: ['list [--status <status>] [--limit <n>] [--from <workspace>]'],
  about: 'Without --from an operator sees those of every workspace.',
  options: {
    status: { type: 'string', value: '<status>', help: `one of ${STATUSES.join(' ')}` },
    limit: { type: 'string', value: '<n>', help: 'at most so many (20)' },
  },
  examples: [
    ['errand list --status failed', 'what went wrong'],
    ['errand list --from lead --json', 'what lead delegated and was asked, as data'],
  ],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  wordsOf(words, []);
  const status = oneOf(flags, 'status', STATUSES);
  const limit = wholeOf(flags, 'limit', { least: 1, most: 500 }) ?? 20;
  const rows = await rowsOf(client(), { ...(status === undefined ? {} : { status }), limit });
  out.answer(rows, () => (rows.length === 0 ? 'No delegations.' : tableOf(out, rows)));
  return EXIT.done;
}

function tableOf(out: Out, rows: readonly Row[]): string {
  const head = ['ID', 'STATUS', 'FROM', 'TO', 'CREATED', 'TASK'].map((title) => out.paint('dim', title));
  const width = out.isTerminal ? Math.max(20, out.columns - 100) : 60;
  return table([
    head,
    ...rows.map((row) => [
      row.delegation_id,
      paintStatus(out.paint, row.status) + (row.reason === undefined ? '' : ` (${row.reason})`),
      row.source_id,
      row.target_id,
      row.created_at.slice(0, 19).replace('T', ' '),
      oneLine(row.summary, width),
    ]),
  ]);
}
