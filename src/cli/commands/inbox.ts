/**
 * `errand inbox`: the notices that wait for a workspace, endings and questions, until they are acknowledged.
 *
 * Reading leases them for a minute; what is not acknowledged by then is there again. `--ack` acknowledges exactly what
 * was printed, after it was printed.
 */
import type { Client } from '../client.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { isSet, wholeOf } from '../flags.ts';
import type { Out } from '../out.ts';
import { harmless, oneLine, paintStatus } from '../paint.ts';
import type { Notice } from '../shapes.ts';
import { count } from '../words.ts';

const RESULT_CHARACTERS = 300;

export const inbox: Command = {
  name: 'inbox',
  summary: 'Reads the notices of a workspace: endings and questions, until acknowledged',
  usage: ['inbox [<workspace>] [--ack] [--wait <seconds>] [--limit <n>]'],
  about: 'Reading leases a notice for a minute; without --ack it is there again after that.',
  options: {
    ack: { type: 'boolean', help: 'acknowledge what is printed' },
    wait: { type: 'string', value: '<seconds>', help: 'stay so long for the first one (0, at most 60)' },
    limit: { type: 'string', value: '<n>', help: 'at most so many (20)' },
  },
  examples: [
    ['errand inbox', "the operator's own"],
    ['errand inbox lead --ack --wait 30', 'stays for news of lead and takes it'],
  ],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  if (words.length > 1) {
    throw usage(`${words[1] ?? ''} is one word too many.`);
  }
  const workspace = words[0] ?? client().from;
  const wait = wholeOf(flags, 'wait', { least: 0, most: 60 }) ?? 0;
  const limit = wholeOf(flags, 'limit', { least: 1, most: 100 }) ?? 20;
  const notices = await client().get<Notice[]>(client().seat('/inbox', workspace), { wait, limit });
  out.answer(notices, () => (notices.length === 0 ? 'Nothing waits.' : pageOf(out, notices)));
  if (isSet(flags, 'ack') && notices.length > 0) {
    await acknowledge(client(), workspace, notices);
    out.aside(`${count(notices.length, 'notice')} acknowledged`);
  }
  return EXIT.done;
}

async function acknowledge(client: Client, workspace: string, notices: readonly Notice[]): Promise<void> {
  await client.post(client.seat('/inbox/ack', workspace), { ids: notices.map(({ id }) => id) });
}

function pageOf(out: Out, notices: readonly Notice[]): string {
  return notices.map((notice) => noticeWords(out, notice)).join('\n\n');
}

function noticeWords(out: Out, notice: Notice): string {
  const about = notice.batch_id ?? notice.delegation_id ?? '';
  const status = notice.status === undefined ? '' : paintStatus(out.paint, notice.status);
  const reason = notice.reason === undefined ? '' : ` (${notice.reason})`;
  const who = notice.target_id === undefined ? '' : ` at ${notice.target_id}`;
  const again = notice.deliveries > 1 ? out.paint('dim', `  told ${notice.deliveries} times`) : '';
  return [
    `${notice.kind}  ${about}  ${status}${reason}${who}${again}`,
    ...(notice.results ?? []).map((one) => `  ${one.target_id ?? ''}: ${one.status ?? ''}  ${said(one, 100)}`),
    ...(notice.results === undefined && said(notice, 1) !== '' ? [`  ${said(notice, RESULT_CHARACTERS)}`] : []),
    ...(notice.kind === 'asked' ? [out.paint('dim', `  errand answer ${about} "…"`)] : []),
  ].join('\n');
}

function said(one: Partial<Notice>, most: number): string {
  return oneLine(harmless(one.question ?? one.result?.text ?? one.error ?? ''), most);
}
