/**
 * What to write into the settings of each client so that it has Errand's tools: where the file is, and what goes in.
 *
 * By default the client starts `errand mcp` itself, which finds the platform of this machine and its key; with `http`
 * it calls the platform's own address. A key that is not given is named by its variable, in the client's own way, so
 * that no file holds one. Where a client gives up on a call sooner than a call may be held, it is told to wait.
 */
export const CLIENTS = ['claude', 'codex', 'cursor', 'vscode', 'gemini', 'opencode'] as const;

export type ClientName = (typeof CLIENTS)[number];

export interface Wiring {
  workspace: string;
  /** How the command is started on this machine; `errand`, where that is on the path. */
  command?: readonly string[];
  /** Of the platform, where it is not the one on this machine. */
  url?: string;
  /** The folder in which the platform of this machine leaves its address and its key. */
  data?: string;
  token?: string;
  /** The platform's own address, called without a program in between. */
  http?: string;
}

export interface Snippet {
  client: ClientName;
  file: string;
  text: string;
}

type Json = Record<string, unknown>;

const TOKEN = 'ERRAND_TOKEN';
const INPUT = 'errand-token';
/** Longer than a call is ever held. */
const CALL_S = 120;

const FILES: Record<ClientName, string> = {
  claude: '.mcp.json',
  codex: '~/.codex/config.toml',
  cursor: '~/.cursor/mcp.json',
  vscode: '.vscode/mcp.json',
  gemini: '~/.gemini/settings.json',
  opencode: 'opencode.json',
};

/** How each of them writes the value of a variable; `codex` has an option for the name of it. */
const REFERENCES: Record<Exclude<ClientName, 'codex'>, string> = {
  claude: `\${${TOKEN}}`,
  cursor: `\${env:${TOKEN}}`,
  vscode: `\${input:${INPUT}}`,
  gemini: `\${${TOKEN}}`,
  opencode: `{env:${TOKEN}}`,
};

export function snippetOf(client: ClientName, wiring: Wiring): Snippet {
  return {
    client,
    file: FILES[client],
    text: client === 'codex' ? toml(wiring) : JSON.stringify(json(client, wiring), null, 2),
  };
}

function json(client: Exclude<ClientName, 'codex'>, wiring: Wiring): Json {
  const url = addressOf(wiring);
  const local = localOf(wiring);
  const headers = { Authorization: `Bearer ${wiring.token ?? REFERENCES[client]}` };
  switch (client) {
    case 'vscode':
      return url === undefined
        ? { servers: { errand: { type: 'stdio', ...local } } }
        : { ...askedFor(wiring), servers: { errand: { type: 'http', url, headers } } };
    case 'gemini':
      return { mcpServers: { errand: url === undefined ? local : { httpUrl: url, headers } } };
    case 'opencode':
      return { mcp: { errand: url === undefined ? opencodeLocal(local) : opencodeRemote(url, headers) } };
    case 'cursor':
      return { mcpServers: { errand: url === undefined ? local : { url, headers } } };
    default:
      return {
        mcpServers: { errand: url === undefined ? { type: 'stdio', ...local } : { type: 'http', url, headers } },
      };
  }
}

interface Local {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

function localOf({ workspace, command = ['errand'], url, data, token }: Wiring): Local {
  const [program = 'errand', ...before] = command;
  const env = {
    ...(url === undefined ? {} : { ERRAND_URL: url }),
    ...(token === undefined ? {} : { [TOKEN]: token }),
  };
  const args = [...before, 'mcp', '--workspace', workspace, ...(data === undefined ? [] : ['--data', data])];
  return { command: program, args, ...(Object.keys(env).length === 0 ? {} : { env }) };
}

function addressOf({ workspace, http }: Wiring): string | undefined {
  return http === undefined ? undefined : `${http}/workspaces/${encodeURIComponent(workspace)}/mcp`;
}

function opencodeLocal({ command, args, env }: Local): Json {
  const environment = env === undefined ? {} : { environment: env };
  return { type: 'local', command: [command, ...args], ...environment, enabled: true, timeout: CALL_S * 1000 };
}

function opencodeRemote(url: string, headers: Record<string, string>): Json {
  return { type: 'remote', url, headers, enabled: true, timeout: CALL_S * 1000 };
}

/** VS Code asks for it once and keeps it where it keeps passwords. */
function askedFor({ token }: Wiring): Json {
  const input = { type: 'promptString', id: INPUT, description: "The key of Errand's workspace", password: true };
  return token === undefined ? { inputs: [input] } : {};
}

function toml(wiring: Wiring): string {
  const url = addressOf(wiring);
  return [
    '[mcp_servers.errand]',
    ...(url === undefined ? tomlLocal(localOf(wiring)) : tomlRemote(url, wiring)),
    `tool_timeout_sec = ${CALL_S}`,
    ...tomlVariables(url === undefined ? localOf(wiring).env : undefined),
  ].join('\n');
}

function tomlLocal({ command, args }: Local): string[] {
  return [`command = ${JSON.stringify(command)}`, `args = ${JSON.stringify(args)}`];
}

function tomlRemote(url: string, { token }: Wiring): string[] {
  const key =
    token === undefined
      ? `bearer_token_env_var = ${JSON.stringify(TOKEN)}`
      : `http_headers = { Authorization = ${JSON.stringify(`Bearer ${token}`)} }`;
  return [`url = ${JSON.stringify(url)}`, key];
}

function tomlVariables(env: Record<string, string> | undefined): string[] {
  if (env === undefined) {
    return [];
  }
  const variables = Object.entries(env).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return ['', '[mcp_servers.errand.env]', ...variables];
}
