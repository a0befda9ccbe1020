/**
 * `errand mcp`: the tools of a model for a client that speaks MCP and starts this command itself; and what to write
 * into the settings of such clients.
 */
import type { Call, Command, Flags } from '../command.ts';
import { Client, targetOf } from '../client.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { isSet, textOf } from '../flags.ts';
import { commandHere, platformHere } from '../here.ts';
import { CLIENTS, snippetOf, type ClientName, type Wiring } from '../mcp-snippets.ts';
import { table } from '../words.ts';

export const mcp: Command = {
  name: 'mcp',
  summary: 'Serves the tools to an MCP client; prints what to write into its settings',
  usage: [
    'mcp [--workspace <id>]',
    `mcp config --client ${CLIENTS.join('|')} [--workspace <id>] [--http] [--token <key>]`,
  ],
  about:
    'Over stdin and stdout, both eras of the protocol; whatever else there is to say goes to stderr. It starts also\n' +
    'where no platform answers: then its tools say so, until one does.\n' +
    'config --http names the address of the platform itself instead of this command; the key is then read from the\n' +
    'variable ERRAND_TOKEN of the client, or written down where --token says it. See docs/guides/mcp.md.',
  options: {
    workspace: { type: 'string', value: '<id>', help: 'whose tools they are; the same as --from' },
    client: { type: 'string', value: '<name>', help: 'config: whose settings' },
    http: { type: 'boolean', help: 'config: by HTTP, without a program in between' },
  },
  examples: [
    ['errand mcp config --client claude --workspace lead > .mcp.json', 'Claude Code starts the command itself'],
    ['errand mcp config --client codex --workspace lead --http', 'Codex calls the platform'],
    ['errand mcp --workspace lead', 'what a client starts'],
  ],
  isClient: true,
  run,
};

async function run(call: Call): Promise<Exit> {
  const [what, ...rest] = call.words;
  if (rest.length > 0 || (what !== undefined && what !== 'config')) {
    throw usage(`${rest[0] ?? what ?? ''} is one word too many.`, 'See errand mcp --help.');
  }
  return what === 'config' ? config(call) : serve(call);
}

async function serve({ flags, out }: Call): Promise<Exit> {
  const find = (): Client => new Client(targetOf(flags));
  const workspace = workspaceOf(flags, find());
  const { serveMcp } = await import('../mcp-serving.ts');
  return serveMcp({ find, workspace, out });
}

function config({ flags, out, client }: Call): Exit {
  const name = clientOf(flags);
  const wiring = wiringOf(flags, client());
  const snippet = snippetOf(name, wiring);
  out.answer(snippet, () => snippet.text);
  if (!out.json) {
    out.aside(table([['into', snippet.file], ...notesOf(wiring).map((note) => ['note', note])]));
  }
  return EXIT.done;
}

function clientOf(flags: Flags): ClientName {
  const given = textOf(flags, 'client');
  const known = CLIENTS.find((name) => name === given);
  if (known === undefined) {
    throw usage(`--client takes one of: ${CLIENTS.join(', ')}${given === undefined ? '' : `; not ${given}`}.`);
  }
  return known;
}

function workspaceOf(flags: Flags, client: Client): string {
  return textOf(flags, 'workspace') ?? client.from;
}

function wiringOf(flags: Flags, client: Client): Wiring {
  const workspace = workspaceOf(flags, client);
  const token = textOf(flags, 'token');
  const key = token === undefined ? {} : { token };
  if (isSet(flags, 'http')) {
    return { workspace, http: client.url, ...key };
  }
  return { workspace, command: commandHere(), ...platformHere(flags, client), ...key };
}

function notesOf({ token, http, url }: Wiring): string[] {
  if (token !== undefined) {
    return ['It holds a key: keep the file to yourself.'];
  }
  const isElsewhere = http !== undefined || url !== undefined;
  return isElsewhere ? ['The key is read from ERRAND_TOKEN; errand token create --workspace … makes one.'] : [];
}
