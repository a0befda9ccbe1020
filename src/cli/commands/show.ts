/**
 * `errand show`: everything about one delegation, with its way along the line and why it stands where it stands.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { wordsOf } from '../flags.ts';
import { eventWords } from '../event-words.ts';
import type { Out } from '../out.ts';
import { harmless, oneLine, paintStatus } from '../paint.ts';
import type { LoggedEvent } from '../../runtime/follow.ts';
import type { Detail } from '../shapes.ts';
import { pathOf } from '../survey.ts';
import { span, table, waiting } from '../words.ts';

const RESULT_CHARACTERS = 400;

export const show: Command = {
  name: 'show',
  summary: 'Shows one delegation: where it stands and why, its timeline, its result in short',
  usage: ['show <delegation>'],
  options: {},
  examples: [['errand show dlg_…', 'with the id that delegate or list told']],
  isClient: true,
  run,
};

async function run({ words, out, client }: Call): Promise<Exit> {
  const [id = ''] = wordsOf(words, ['delegation']);
  const path = await pathOf(client(), id);
  const { body, at } = await client().call<Detail>(path, { method: 'GET' });
  out.answer(body, () => pageOf(out, body, at));
  return EXIT.done;
}

function pageOf(out: Out, detail: Detail, now: number): string {
  return [
    `${out.paint('bold', detail.delegation_id)}  ${paintStatus(out.paint, detail.status)}`,
    '',
    table(facts(detail, now)),
    '',
    ...timeline(out, detail.events ?? []),
    ...ending(out, detail),
    ...(detail.children ?? []).map((child) => `child  ${child.delegation_id}  ${child.status} at ${child.target_id}`),
    out.paint('dim', `next: ${detail.next_action}`),
  ].join('\n');
}

function facts(detail: Detail, now: number): string[][] {
  const progress = [
    detail.progress?.percent === undefined ? '' : `${detail.progress.percent} %`,
    detail.progress?.message ?? '',
  ];
  const rows: [string, string | undefined][] = [
    ['from', detail.source_id],
    ['to', detail.target_id],
    ['task', oneLine(detail.task, 300)],
    ['context', detail.context === undefined ? undefined : oneLine(detail.context, 300)],
    ['why', waiting(detail, now)],
    ['question', detail.question === undefined ? undefined : oneLine(detail.question, 300)],
    ['progress', oneLine(progress.join(' '), 300)],
    ['reason', detail.reason],
    ['error', detail.error === undefined ? undefined : oneLine(detail.error, 500)],
    ['attempts', String(detail.attempts)],
    ['priority', detail.priority],
    ['batch', detail.batch_id],
    ['parent', detail.parent_id],
    ['created', detail.created_at],
    ['deadline', detail.settled_at === undefined ? detail.deadline_at : undefined],
  ];
  return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
}

function timeline(out: Out, events: readonly LoggedEvent[]): string[] {
  const first = events[0];
  if (first === undefined) {
    return [];
  }
  const start = Date.parse(first.at);
  const rows = events.map((event) => [
    out.paint('dim', `+${span(Date.parse(event.at) - start)}`.padStart(8)),
    event.type.replace(/^delegation\./u, ''),
    eventWords(event),
  ]);
  return [table(rows), ''];
}

function ending(out: Out, detail: Detail): string[] {
  if (detail.result === undefined) {
    return [];
  }
  const { text, length, sha256 } = detail.result;
  const points = [...text];
  const head = points.slice(0, RESULT_CHARACTERS).join('');
  const rest = points.length > RESULT_CHARACTERS ? [`… the whole of it: errand result ${detail.delegation_id}`] : [];
  return [out.paint('dim', `result, ${length} bytes, sha256 ${sha256}`), harmless(head), ...rest, ''];
}
