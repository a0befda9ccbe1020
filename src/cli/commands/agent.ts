/**
 * `errand agent`: the seats of a platform: added, listed, shown, paused, resumed, removed; and an agent of a file at work.
 */
import type { Client } from '../client.ts';
import type { Call, Command, Flags } from '../command.ts';
import { PROGRAM_OPTIONS, programOf, programWords } from '../agent-program.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { isSet, textOf, wholeOf, wordsOf } from '../flags.ts';
import type { Out } from '../out.ts';
import { oneLine } from '../paint.ts';
import type { Seat } from '../shapes.ts';
import { seatsOf } from '../survey.ts';
import { count, since, table } from '../words.ts';

const ID = /^[\w.:@-]{1,200}$/u;

export const agent: Command = {
  name: 'agent',
  summary: 'Adds an agent to the platform, runs one; lists, shows, pauses, resumes and removes them',
  usage: [
    'agent add <name> [--url <address> | --pull | --command <line>] [--capacity <n>] [--parent <id>] [--role <text>]',
    'agent run <file> [--listen <port>] [--capacity <n>] [--id <id>] [--drain <time>]',
    'agent list',
    'agent show|pause|resume|remove <id>',
  ],
  about:
    'With --url it is called by A2A at that address; with --pull it fetches its tasks itself; with --command the platform\n' +
    'starts that program for each task; with none of them it only delegates. Its id is its name, where that can be one.\n' +
    'Removing fails what is left as peer_removed. What a program gets and gives: docs/guides/agents.md.\n' +
    'run has the agent of a file (export const writer = agent({ … }), of errand/agent) work until it is told to stop.',
  options: {
    url: {
      type: 'string',
      value: '<address>',
      help: "add: the agent's A2A address (the platform is named by --platform)",
    },
    pull: { type: 'boolean', help: 'add: it fetches its own tasks' },
    ...PROGRAM_OPTIONS,
    listen: {
      type: 'string',
      value: '<port>',
      help: 'run: it is called at this port of this machine; 0 takes a free one',
    },
    drain: { type: 'string', value: '<time>', help: 'run: what runs may take so long to its end when it stops (30s)' },
    capacity: { type: 'string', value: '<n>', help: 'add, run: how many it takes on at a time (1)' },
    parent: { type: 'string', value: '<id>', help: 'add: the workspace above it' },
    role: { type: 'string', value: '<text>', help: 'add: what it is good for; its peers read it' },
    id: { type: 'string', value: '<id>', help: 'add, run: an id other than its name' },
  },
  examples: [
    ['errand agent add writer --url https://agents.example/writer', 'an A2A agent with a queue before it'],
    ["errand agent add reviewer --command 'claude -p'", 'a program; the task is on its stdin'],
    ['errand agent run writer.ts', 'an agent in TypeScript; it fetches its tasks'],
    ['errand agent add lead', 'a seat that delegates; prints its key once'],
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
    case 'run': {
      const [file = ''] = wordsOf(rest, ['file']);
      const { runAgent } = await import('../agent-running.ts');
      return runAgent(client(), { file, flags, out });
    }
    case 'list':
      return listAll(client(), rest, out);
    case 'show':
      return showOne(client(), rest, out);
    case 'pause':
    case 'resume':
    case 'remove':
      return steer(client(), { what, words: rest, out });
    default:
      throw usage('agent takes add, run, list, show, pause, resume or remove.', 'See errand agent --help.');
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
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function addedWords(out: Out, seat: Seat): string {
  return [
    `${seat.id}  ${reachedBy(seat)}, capacity ${seat.capacity}`,
    ...(seat.token === undefined ? [] : [`key (shown this once): ${seat.token}`]),
    ...(seat.carrier === 'none' ? [] : [out.paint('dim', `next: errand delegate ${seat.id} "…"`)]),
  ].join('\n');
}

function reachedBy(seat: Seat): string {
  const { agent_url: url, carrier } = seat;
  const words = { a2a: `called at ${url ?? ''}`, pull: 'fetches its tasks', command: programWords(seat) };
  return words[carrier as keyof typeof words] ?? 'only delegates';
}

async function showOne(client: Client, words: readonly string[], out: Out): Promise<Exit> {
  const [id = ''] = wordsOf(words, ['id']);
  const { body, at } = await client.call<Seat>(client.seat('', id), { method: 'GET' });
  out.answer(body, () => table(factsOf(body, at)));
  return EXIT.done;
}

function factsOf(seat: Seat, now: number): string[][] {
  const { command, last_heartbeat_at: seen, circuit } = seat;
  const rows: [string, string | undefined][] = [
    ['id', seat.id],
    ['name', seat.name === seat.id ? undefined : seat.name],
    ['role', oneLine(seat.role ?? '', 300)],
    ['parent', seat.parent_id ?? undefined],
    ['status', seat.status],
    ['reached by', reachedBy(seat)],
    ['input', command?.input],
    ['dialect', command?.dialect],
    ['running', `${seat.running} of ${seat.capacity}`],
    ['queued', String(seat.queued)],
    ['last seen', seen === undefined ? undefined : `${since(seen, now)} ago`],
    ['circuit', circuit === 'closed' ? undefined : `open after ${count(circuit.strikes, 'failure')}`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
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
