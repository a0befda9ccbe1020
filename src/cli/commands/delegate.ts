/**
 * `errand delegate`: hands a task to a workspace, or several from a file, and says where it stands.
 *
 * The receipt is there as soon as the platform has it on stable storage; `--wait` stays until the ending and prints the
 * result. Giving up on the wait gives up nothing: the ending waits in the inbox.
 */
import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import type { Client } from '../client.ts';
import type { Call, Command, Flags } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { isSet, oneOf, spanOf, textOf } from '../flags.ts';
import type { Out } from '../out.ts';
import { harmless, paintStatus } from '../paint.ts';
import type { BatchReceipt, Detail, Receipt, Result } from '../shapes.ts';
import { awaitEnding } from '../wait.ts';
import { count, waiting } from '../words.ts';

export const delegate: Command = {
  name: 'delegate',
  summary: 'Hands a task to a workspace and answers with a handle at once',
  usage: [
    'delegate <workspace> <task…> [--wait] [options]',
    'delegate <workspace> - < task.txt',
    'delegate [<workspace>] --batch <file.json>',
  ],
  about:
    'A batch is a JSON array of tasks: texts, which go to <workspace>, or objects {"target_id", "task", …} with the\n' +
    'fields of POST /workspaces/:id/delegate. It comes back as one notice. With - the task, or the batch, is read from stdin.',
  options: {
    wait: { type: 'boolean', help: 'stay until the ending; prints the result' },
    context: { type: 'string', value: '<text>', help: 'what the callee should know besides the task' },
    priority: { type: 'string', value: '<word>', help: 'critical, task or info (task)' },
    deadline: { type: 'string', value: '<time>', help: 'it fails when it has not ended by then, such as 30m (1h)' },
    'valid-for': { type: 'string', value: '<time>', help: 'it fails when it has not started by then' },
    conversation: { type: 'string', value: '<id>', help: 'tasks of one conversation keep their order' },
    key: { type: 'string', value: '<key>', help: 'an idempotency key: the same key delegates once' },
    batch: { type: 'string', value: '<file>', help: 'several tasks as one' },
  },
  examples: [
    ['errand delegate writer "Draft the release notes"', 'hands it over and goes on'],
    ['errand delegate reviewer --wait "Review PR 12" > review.md', 'stays for the result'],
    ['errand delegate writer --batch tasks.json', 'several, told of once'],
  ],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const batch = textOf(flags, 'batch');
  return batch === undefined
    ? delegateOne(client(), { words, flags, out })
    : delegateBatch(client(), { words, flags, out, file: batch });
}

type Given = Pick<Call, 'words' | 'flags' | 'out'>;

async function delegateOne(client: Client, { words, flags, out }: Given): Promise<Exit> {
  const [callee, ...rest] = words;
  if (callee === undefined || rest.length === 0) {
    throw usage(callee === undefined ? '<workspace> is missing.' : '<task> is missing.');
  }
  const task = rest.length === 1 && rest[0] === '-' ? await readAll(process.stdin) : rest.join(' ');
  const body = { target_id: callee, task, ...fieldsOf(flags), ...keyOf(flags) };
  const receipt = await client.post<Receipt>(client.seat('/delegate'), body);
  if (!isSet(flags, 'wait')) {
    out.answer(receipt, () => receiptWords(out, receipt));
    return EXIT.done;
  }
  out.aside(receiptWords(out, receipt));
  const ended = await awaitWhole(client, receipt.delegation_id, out);
  tellEnding(ended, out);
  return ended.status === 'completed' ? EXIT.done : EXIT.failed;
}

async function delegateBatch(client: Client, { words, flags, out, file }: Given & { file: string }): Promise<Exit> {
  if (words.length > 1) {
    throw usage(`${words[1] ?? ''} is one word too many; a batch takes its tasks from the file.`);
  }
  const tasks = tasksIn(file === '-' ? await readAll(process.stdin) : read(file), words[0], fieldsOf(flags));
  const receipt = await client.post<BatchReceipt>(client.seat('/delegate/batch'), { tasks, ...keyOf(flags) });
  if (!isSet(flags, 'wait')) {
    out.answer(receipt, () => batchWords(out, receipt));
    return EXIT.done;
  }
  out.aside(batchWords(out, receipt));
  const ended: Detail[] = [];
  for (const { delegation_id: id } of receipt.delegations) {
    ended.push(await awaitWhole(client, id, out));
  }
  const document = { batch_id: receipt.batch_id, delegations: ended };
  out.answer(document, () => ended.map((one) => endingWords(out, one)).join('\n\n'));
  return ended.every(({ status }) => status === 'completed') ? EXIT.done : EXIT.failed;
}

function fieldsOf(flags: Flags): Record<string, unknown> {
  const said = {
    context: textOf(flags, 'context'),
    priority: oneOf(flags, 'priority', ['critical', 'task', 'info']),
    deadline_ms: spanOf(flags, 'deadline'),
    valid_for_ms: spanOf(flags, 'valid-for'),
    conversation_id: textOf(flags, 'conversation'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** In the body: a header holds no letter beyond Latin. */
function keyOf(flags: Flags): Record<string, string> {
  const key = textOf(flags, 'key');
  return key === undefined ? {} : { idempotency_key: key };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw usage(`--batch: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function tasksIn(text: string, callee: string | undefined, fields: Record<string, unknown>): unknown[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw usage('--batch: it is not JSON.');
  }
  if (!Array.isArray(given) || given.length === 0) {
    throw usage('--batch: it takes a JSON array with at least one task.');
  }
  return given.map((one: unknown) => {
    const task = typeof one === 'string' ? { task: one } : (one as object);
    return { ...(callee === undefined ? {} : { target_id: callee }), ...fields, ...task };
  });
}

function receiptWords(out: Out, receipt: Receipt): string {
  const { delegation_id: id, state, target_id: callee } = receipt;
  const again = receipt.idempotent_hit === true ? ' (already delegated with this key)' : '';
  const why = waiting(receipt, 0);
  return `${id}  ${paintStatus(out.paint, state)} at ${callee}${why === '' ? '' : `, ${why}`}${again}`;
}

function batchWords(out: Out, receipt: BatchReceipt): string {
  const { batch_id: id, delegations } = receipt;
  return [
    `${id}  ${count(delegations.length, 'task')}`,
    ...delegations.map((one) => `  ${receiptWords(out, one)}`),
  ].join('\n');
}

/** With the whole result: what is shown inline may be cut. Its caller reading it counts as being told. */
async function awaitWhole(client: Client, id: string, out: Out): Promise<Detail> {
  const ended = await awaitEnding(client, id, (words) => out.aside(words));
  if (ended.result === undefined) {
    return ended;
  }
  const { text } = await client.get<Result>(client.seat(`/delegations/${encodeURIComponent(id)}/result`));
  return { ...ended, result: { ...ended.result, text } };
}

/** The result alone on stdout, so that it can go into a file; what else there is to say beside it. */
function tellEnding(ended: Detail, out: Out): void {
  out.aside(`${paintStatus(out.paint, ended.status)}${ended.reason === undefined ? '' : ` (${ended.reason})`}`);
  if (ended.error !== undefined) {
    out.aside(harmless(ended.error));
  }
  out.answer(ended, () => shown(out, ended.result?.text ?? ''));
}

function endingWords(out: Out, ended: Detail): string {
  const head = `${ended.delegation_id}  ${paintStatus(out.paint, ended.status)} at ${ended.target_id}`;
  const said = ended.result?.text ?? ended.error ?? '';
  return `${head}\n${shown(out, said)}`;
}

function shown(out: Out, text: string): string {
  return out.isTerminal ? harmless(text) : text;
}
