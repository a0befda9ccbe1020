/**
 * The settings of each client, as its documentation has them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLIENTS, snippetOf, type ClientName, type Wiring } from '../../../src/cli/mcp-snippets.ts';

const LOCAL: Wiring = { workspace: 'lead', data: '/var/lib/errand' };
const HTTP: Wiring = { workspace: 'a b', http: 'http://127.0.0.1:4310' };
const ARGS = ['mcp', '--workspace', 'lead', '--data', '/var/lib/errand'];
const URL = 'http://127.0.0.1:4310/workspaces/a%20b/mcp';

function parsed(client: ClientName, wiring: Wiring): unknown {
  return JSON.parse(snippetOf(client, wiring).text);
}

function bearer(value: string) {
  return { headers: { Authorization: `Bearer ${value}` } };
}

/** As a client writes the value of a variable. */
function dollar(name: string): string {
  return ['$', '{', name, '}'].join('');
}

describe('the settings of a client', () => {
  test('start the command, in the words of each', () => {
    const local = { command: 'errand', args: ARGS };
    assert.deepEqual(parsed('claude', LOCAL), { mcpServers: { errand: { type: 'stdio', ...local } } });
    assert.deepEqual(parsed('cursor', LOCAL), { mcpServers: { errand: local } });
    assert.deepEqual(parsed('vscode', LOCAL), { servers: { errand: { type: 'stdio', ...local } } });
    assert.deepEqual(parsed('gemini', LOCAL), { mcpServers: { errand: local } });
    const opencode = { type: 'local', command: ['errand', ...ARGS], enabled: true, timeout: 120_000 };
    assert.deepEqual(parsed('opencode', LOCAL), { mcp: { errand: opencode } });
    assert.equal(
      snippetOf('codex', LOCAL).text,
      `[mcp_servers.errand]\ncommand = "errand"\nargs = ${JSON.stringify(ARGS)}\ntool_timeout_sec = 120`,
    );
  });

  test('call the platform, and name the variable of the key instead of the key', () => {
    const claude = { type: 'http', url: URL, ...bearer(dollar('ERRAND_TOKEN')) };
    assert.deepEqual(parsed('claude', HTTP), { mcpServers: { errand: claude } });
    assert.deepEqual(parsed('cursor', HTTP), {
      mcpServers: { errand: { url: URL, ...bearer(dollar('env:ERRAND_TOKEN')) } },
    });
    const inputs = [
      { type: 'promptString', id: 'errand-token', description: "The key of Errand's workspace", password: true },
    ];
    const vscode = { type: 'http', url: URL, ...bearer(dollar('input:errand-token')) };
    assert.deepEqual(parsed('vscode', HTTP), { inputs, servers: { errand: vscode } });
    assert.deepEqual(parsed('gemini', HTTP), {
      mcpServers: { errand: { httpUrl: URL, ...bearer(dollar('ERRAND_TOKEN')) } },
    });
    const opencode = { type: 'remote', url: URL, ...bearer('{env:ERRAND_TOKEN}'), enabled: true, timeout: 120_000 };
    assert.deepEqual(parsed('opencode', HTTP), { mcp: { errand: opencode } });
    const codex = snippetOf('codex', HTTP).text;
    assert.match(codex, /^bearer_token_env_var = "ERRAND_TOKEN"$/mu);
  });

  test('hold a key and an address where they are given', () => {
    const given: Wiring = { workspace: 'lead', url: 'https://errand.example', token: 'ek_1' };
    for (const client of CLIENTS) {
      const { text, file } = snippetOf(client, given);
      assert.match(text, /ERRAND_URL"?(?: =|:) "https:\/\/errand\.example"/u);
      assert.match(text, /ERRAND_TOKEN"?(?: =|:) "ek_1"/u);
      assert.match(file, /\.(?:json|toml)$/u);
      assert.match(snippetOf(client, { ...HTTP, token: 'ek_1' }).text, /Bearer ek_1/u);
    }
    assert.match(snippetOf('codex', given).text, /^\[mcp_servers\.errand\.env\]$/mu);
  });

  test('name the program itself where the shell would not find it', () => {
    const { text } = snippetOf('codex', { workspace: 'lead', command: ['/opt/node', '/opt/errand/main.js'] });
    assert.match(text, /^command = "\/opt\/node"\nargs = \["\/opt\/errand\/main\.js","mcp"/mu);
  });
});
