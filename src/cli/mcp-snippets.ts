/**
 * What to write into the settings of each client so that it has Errand's tools: where the file is, and what goes in.
 *
 * By default the client starts `errand mcp` itself, which finds the platform of this machine and its key; with `http`
 * it calls the platform's own address, and has to be given a key.
 */
export const CLIENTS = ['claude', 'codex', 'cursor', 'vscode', 'gemini', 'opencode'] as const;

export type ClientName = (typeof CLIENTS)[number];

export interface Wiring {
  workspace: string;
  /** Of the platform, where it is not the one on this machine. */
  url?: string;
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

const FILES: Record<ClientName, string> = {
  claude: '.mcp.json',
  codex: '~/.codex/config.toml',
  cursor: '~/.cursor/mcp.json',
  vscode: '.vscode/mcp.json',
  gemini: '~/.gemini/settings.json',
  opencode: 'opencode.json',
};

export function snippetOf(client: ClientName, wiring: Wiring): Snippet {
  return {
    client,
    file: FILES[client],
    text: client === 'codex' ? toml(wiring) : JSON.stringify(json(client, wiring), null, 2),
  };
}

function json(client: Exclude<ClientName, 'codex'>, wiring: Wiring): Json {
  const remote = remoteOf(wiring);
  const local = localOf(wiring);
  switch (client) {
    case 'vscode':
      return { servers: { errand: remote === undefined ? { type: 'stdio', ...local } : { type: 'http', ...remote } } };
    case 'gemini':
      return {
        mcpServers: { errand: remote === undefined ? local : { httpUrl: remote.url, headers: remote.headers } },
      };
    case 'opencode':
      return {
        mcp: { errand: remote === undefined ? opencodeLocal(local) : { type: 'remote', ...remote, enabled: true } },
      };
    case 'cursor':
      return { mcpServers: { errand: remote ?? local } };
    default:
      return {
        mcpServers: { errand: remote === undefined ? { type: 'stdio', ...local } : { type: 'http', ...remote } },
      };
  }
}

interface Local {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

function localOf({ workspace, url, token }: Wiring): Local {
  const env = {
    ...(url === undefined ? {} : { ERRAND_URL: url }),
    ...(token === undefined ? {} : { ERRAND_TOKEN: token }),
  };
  const args = ['mcp', '--workspace', workspace];
  return { command: 'errand', args, ...(Object.keys(env).length === 0 ? {} : { env }) };
}

function opencodeLocal({ command, args, env }: Local): Json {
  return {
    type: 'local',
    command: [command, ...args],
    ...(env === undefined ? {} : { environment: env }),
    enabled: true,
  };
}

function remoteOf({ workspace, http, token }: Wiring): { url: string; headers?: Record<string, string> } | undefined {
  if (http === undefined) {
    return undefined;
  }
  const url = `${http}/workspaces/${encodeURIComponent(workspace)}/mcp`;
  return token === undefined ? { url } : { url, headers: { Authorization: `Bearer ${token}` } };
}

function toml(wiring: Wiring): string {
  const remote = remoteOf(wiring);
  if (remote !== undefined) {
    const { token } = wiring;
    const key = token === undefined ? [] : ['bearer_token_env_var = "ERRAND_TOKEN"'];
    return ['[mcp_servers.errand]', `url = ${JSON.stringify(remote.url)}`, ...key].join('\n');
  }
  const { command, args, env } = localOf(wiring);
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [
    '[mcp_servers.errand]',
    `command = ${JSON.stringify(command)}`,
    `args = ${JSON.stringify(args)}`,
    ...(variables.length === 0 ? [] : ['', '[mcp_servers.errand.env]', ...variables]),
  ].join('\n');
}
