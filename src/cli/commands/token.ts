/**
 * `errand token`: the keys of a workspace, or of the organisation: issued and shown once, listed, revoked.
 */
import type { Client } from '../client.ts';
import type { Call, Command, Flags } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { spanOf, textOf, wordsOf } from '../flags.ts';
import type { Out } from '../out.ts';
import type { IssuedKey, KeyLine } from '../shapes.ts';
import { table } from '../words.ts';

export const token: Command = {
  name: 'token',
  summary: 'Issues, lists and revokes keys',
  usage: [
    'token create [--workspace <id>] [--name <text>] [--expires <time>]',
    'token list [--workspace <id>]',
    'token revoke <key-id> [--workspace <id>]',
  ],
  about: 'Without --workspace it is a key of the organisation. A key is shown once; only its hash is kept.',
  options: {
    workspace: { type: 'string', value: '<id>', help: 'whose key it is' },
    name: { type: 'string', value: '<text>', help: 'create: what it is for' },
    expires: { type: 'string', value: '<time>', help: 'create: it ends after that, such as 30d' },
  },
  examples: [
    ['errand token create --workspace lead', 'prints the key, this once'],
    ['errand token revoke key_… --workspace lead', 'holds within five seconds'],
  ],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const [what, ...rest] = words;
  switch (what) {
    case 'create':
      wordsOf(rest, []);
      return create(client(), flags, out);
    case 'list':
      wordsOf(rest, []);
      return listAll(client(), flags, out);
    case 'revoke': {
      const [id = ''] = wordsOf(rest, ['key-id']);
      const revoked = await client().delete(`${pathOf(client(), flags)}/${encodeURIComponent(id)}`);
      out.answer(revoked, () => `${id}  revoked`);
      return EXIT.done;
    }
    default:
      throw usage('token takes create, list or revoke.', 'See errand token --help.');
  }
}

async function create(client: Client, flags: Flags, out: Out): Promise<Exit> {
  const name = textOf(flags, 'name');
  const expires = spanOf(flags, 'expires');
  const issued = await client.post<IssuedKey>(pathOf(client, flags), {
    ...(name === undefined ? {} : { name }),
    ...(expires === undefined ? {} : { expires_in_ms: expires }),
  });
  out.answer(issued, () => issued.auth_token);
  if (!out.json) {
    out.aside(`${issued.id}: keep it now, it is not shown again`);
  }
  return EXIT.done;
}

async function listAll(client: Client, flags: Flags, out: Out): Promise<Exit> {
  const { tokens } = await client.get<{ tokens: KeyLine[] }>(pathOf(client, flags));
  out.answer(tokens, () =>
    tokens.length === 0
      ? 'No keys.'
      : table([
          ['ID', 'BEGINS WITH', 'NAME', 'CREATED', 'EXPIRES'].map((title) => out.paint('dim', title)),
          ...tokens.map((key) => [key.id, key.prefix, key.name, key.created_at, key.expires_at ?? 'never']),
        ]),
  );
  return EXIT.done;
}

function pathOf(client: Client, flags: Flags): string {
  const workspace = textOf(flags, 'workspace');
  return workspace === undefined ? '/org/tokens' : client.seat('/tokens', workspace);
}
