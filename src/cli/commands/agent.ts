/**
 * `errand agent`: the seats of a platform: added, listed, shown, paused, resumed, removed; and an agent that is run.
 */
import { seatPage } from '../agent-page.ts';
import { Client, targetOf } from '../client.ts';
import type { Call, Command, Flags } from '../command.ts';
import { PROGRAM_OPTIONS, programOf, programWords } from '../agent-program.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { isSet, namesOf, textOf, wholeOf, wordsOf } from '../flags.ts';
import type { Out } from '../out.ts';
import { oneLine } from '../paint.ts';
import type { Seat } from '../shapes.ts';
import { seatsOf } from '../survey.ts';
import { table } from '../words.ts';

const ID = /^[\w.:@-]{1,200}$/u;

export const agent: Command = {
  name: 'agent',
  summary: 'Adds an agent to the platform; lists, shows, pauses, resumes, removes and runs them',
  usage: [
    'agent add <name> [--url <address> | --pull | --command <line>] [--capacity <n>] [--parent <id>] [--role <text>]',
    'agent list',
    'agent show <id>',
    'agent pause|resume|remove <id>',
    'agent run <file> [--workspace <id>] [--capacity <n>] [--drain <seconds>]',
  ],
  about:
    'With --url it is called by A2A at that address; with --pull it fetches its tasks itself; with --command the platform\n' +
    'starts that program for each task; with none of them it only delegates. Its id is its name, where that can be one.\n' +
    'Removing fails what is left as peer_removed. What a program gets and gives: docs/guides/agents.md.\n' +
    'run serves the agent that a file exports, JavaScript or TypeScript, until SIGINT or SIGTERM; the second one ends it\n' +
    'at once. There --url is the platform, and a seat that is not there is made. See docs/guides/fetching.md.',
  options: {
    url: {
      type: 'string',
      value: '<address>',
      help: "add: the agent's A2A address (the platform is named by --platform)",
    },
    pull: { type: 'boolean', help: 'add: it fetches its own tasks' },
    ...PROGRAM_OPTIONS,
    capacity: { type: 'string', value: '<n>', help: 'add, run: how many it takes on at a time (1)' },
    parent: { type: 'string', value: '<id>', help: 'add: the workspace above it' },
    role: { type: 'string', value: '<text>', help: 'add: what it is good for; its peers read it' },
    roles: {
      type: 'string',
      value: '<name>,…',
      help: 'add: what it may do, such as read-only, no-delegation (operator)',
    },
    id: { type: 'string', value: '<id>', help: 'add: an id other than its name' },
    workspace: { type: 'string', value: '<id>', help: 'run: its seat, where that is not called like the agent' },
    drain: { type: 'string', value: '<seconds>', help: 'run: for what runs to come to its end when it stops (30)' },
  },
  examples: [
    ['errand agent add writer --url https://agents.example/writer', 'an A2A agent with a queue before it'],
    ["errand agent add reviewer --command 'claude -p'", 'a program; the task is on its stdin'],
    ['errand agent add lead', 'a seat that delegates; prints its key once'],
    ['errand agent run writer.ts', 'fetches its tasks, wherever it runs'],
    ['errand agent pause writer', 'its queue waits; what runs goes on'],
  ],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const [what, ...rest] = words;
  switch (what) {
    case 'add':
      return add(client(), { words: rest, flags, out });
    case 'list':
      return listAll(client(), rest, out);
    case 'show':
      return show(client(), rest, out);
    case 'run':
      return runFile({ words: rest, flags, out });
    case 'pause':
    case 'resume':
    case 'remove':
      return steer(client(), { what, words: rest, out });
    default:
      throw usage('agent takes add, list, show, run, pause, resume or remove.', 'See errand agent --help.');
  }
}

async function add(client: Client, { words, flags, out }: Pick<Call, 'words' | 'flags' | 'out'>): Promise<Exit> {
  const [name = ''] = wordsOf(words, ['name']);
  const seat = await client.post<Seat>('/workspaces', profileOf(name, flags));
  out.answer(seat, () => addedWords(out, seat));
  return EXIT.done;
}

function profileOf(name: string, flags: Flags): Record<string, unknown> {
  const said = {
    name,
    id: textOf(flags, 'id') ?? (ID.test(name) ? name : undefined),
    url: textOf(flags, 'url'),
    pull: isSet(flags, 'pull') ? true : undefined,
    command: programOf(flags),
    capacity: wholeOf(flags, 'capacity', { least: 1, most: 10_000 }),
    parent_id: textOf(flags, 'parent'),
    role: textOf(flags, 'role'),
    roles: namesOf(flags, 'roles'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function addedWords(out: Out, seat: Seat): string {
  const reached =
    { a2a: `called at ${seat.agent_url ?? ''}`, pull: 'fetches its tasks', command: programWords(seat) }[
      seat.carrier
    ] ?? 'only delegates';
  return [
    `${seat.id}  ${reached}, capacity ${seat.capacity}`,
    ...(seat.token === undefined ? [] : [`key (shown this once): ${seat.token}`]),
    ...(seat.carrier === 'none' ? [] : [out.paint('dim', `next: errand delegate ${seat.id} "…"`)]),
  ].join('\n');
}

async function listAll(client: Client, words: readonly string[], out: Out): Promise<Exit> {
  wordsOf(words, []);
  const seats = await seatsOf(client);
  out.answer(seats, () => seatTable(out, seats));
  return EXIT.done;
}

function seatTable(out: Out, seats: readonly Seat[]): string {
  const head = ['ID', 'STATUS', 'REACHED BY', 'RUNNING', 'QUEUED', 'PARENT', 'ROLE'];
  return table([
    head.map((title) => out.paint('dim', title)),
    ...seats.map((seat) => [
      seat.id,
      seat.status,
      seat.carrier,
      `${seat.running} of ${seat.capacity}`,
      String(seat.queued),
      seat.parent_id ?? '',
      oneLine(seat.role ?? '', 60),
    ]),
  ]);
}

async function show(client: Client, words: readonly string[], out: Out): Promise<Exit> {
  const [id = ''] = wordsOf(words, ['id']);
  const { body, at } = await client.call<Seat>(client.seat('', id), { method: 'GET' });
  out.answer(body, () => seatPage(out, body, at));
  return EXIT.done;
}

/** Here --url is the platform: a program that fetches its work has no address of its own. */
async function runFile({ words, flags, out }: Pick<Call, 'words' | 'flags' | 'out'>): Promise<Exit> {
  const [file = ''] = wordsOf(words, ['file']);
  const drain = wholeOf(flags, 'drain', { least: 0, most: 86_400 });
  const client = new Client(targetOf(flags));
  const { runAgent } = await import('../agent-run.ts');
  return runAgent({
    ...{ file, client, out },
    workspace: textOf(flags, 'workspace') ?? (client.isForOne ? client.from : undefined),
    capacity: wholeOf(flags, 'capacity', { least: 1, most: 10_000 }),
    drainMs: drain === undefined ? undefined : drain * 1000,
  });
}

async function steer(client: Client, asked: { what: string; words: readonly string[]; out: Out }): Promise<Exit> {
  const [id = ''] = wordsOf(asked.words, ['id']);
  const path = client.seat('', id);
  const said =
    asked.what === 'remove'
      ? await client.delete<{ status: string }>(path)
      : await client.post<Seat>(`${path}/${asked.what}`);
  asked.out.answer(said, () => `${id}  ${asked.what === 'resume' ? 'resumed' : `${asked.what}d`}`);
  return EXIT.done;
}
