/**
 * The HTTP surface, frozen: routes and who they are open to, error codes with their status, and what the doors of the
 * package hand out. Adding is a line here; changing or dropping one breaks somebody.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { ERRORS } from '../../src/core/error.ts';
import { routes } from '../../src/gateway/index.ts';
import { openApi } from '../../src/gateway/openapi.ts';

const ROUTES = `
GET /health anyone
GET /ready anyone
GET /openapi.json anyone
POST /workspaces known
GET /workspaces known
GET /workspaces/:id known
PATCH /workspaces/:id known
DELETE /workspaces/:id known
POST /workspaces/:id/pause known
POST /workspaces/:id/resume known
POST /workspaces/:id/drain known
POST /registry/register known
POST /registry/heartbeat known
POST /registry/update-card known
GET /registry/discover/:target known
GET /registry/:id/peers own
POST /registry/check-access known
POST /workspaces/:id/delegate own
POST /workspaces/:id/delegate/batch own
POST /workspaces/:id/delegations/record own
GET /workspaces/:id/batches/:bid own
GET /workspaces/:id/delegations own
GET /workspaces/:id/delegations/:did own
GET /workspaces/:id/delegations/:did/result own
POST /workspaces/:id/delegations/:did/cancel own
POST /workspaces/:id/delegations/:did/answer own
POST /workspaces/:id/delegations/:did/retry own
POST /workspaces/:id/delegations/:did/priority own
POST /workspaces/:id/delegations/:did/update own
GET /workspaces/:id/inbox own
POST /workspaces/:id/inbox/ack own
POST /workspaces/:id/inbox/renew own
GET /workspaces/:id/assignments own
POST /workspaces/:id/assignments/renew own
POST /workspaces/:id/assignments/:did/ack own
POST /workspaces/:id/assignments/:did/renew own
POST /workspaces/:id/assignments/:did/progress own
POST /workspaces/:id/assignments/:did/ask own
POST /workspaces/:id/assignments/:did/complete own
POST /workspaces/:id/assignments/:did/fail own
POST /workspaces/:id/assignments/:did/cancelled own
GET /workspaces/:id/activity own
POST /workspaces/:id/activity own
POST /workspaces/:id/notify own
POST /workspaces/:id/messages own
GET /workspaces/:id/messages own
POST /workspaces/:id/attachments own
GET /workspaces/:id/attachments/:aid own
GET /workspaces/:id/audit known
GET /events/stream known
GET /workspaces/:id/events/stream own
GET /workspaces/:id/tokens own
POST /workspaces/:id/tokens own
DELETE /workspaces/:id/tokens/:key own
GET /org/tokens known
POST /org/tokens known
DELETE /org/tokens/:key known
POST /workspaces/:id/a2a known
POST /workspaces/:id/memories own
GET /workspaces/:id/memories own
DELETE /workspaces/:id/memories/:mid own
POST /workspaces/:id/mcp own
POST /mcp known
GET /workspaces/:id/mcp own
GET /mcp known
DELETE /workspaces/:id/mcp own
DELETE /mcp known
GET /me known
`;

const CODES = `
400 invalid_request invalid_json self_delegation
401 unauthenticated
403 forbidden not_allowed_to_talk role_forbids cycle depth_exceeded scope_forbids
404 not_found
405 method_not_allowed
409 not_now stale_epoch idempotency_conflict already_exists
413 too_large
415 unsupported_media_type
429 fan_out_exceeded queue_full no_free_slot budget_exhausted key_limit file_limit memory_limit
500 internal
503 shutting_down unavailable callee_unavailable
507 storage_full
`;

function lines(text: string): string[] {
  return text.trim().split('\n').toSorted();
}

describe('the surface', () => {
  test('has these routes, and they are open to these callers', () => {
    assert.deepEqual(routes.map(({ method, path, access }) => `${method} ${path} ${access}`).toSorted(), lines(ROUTES));
  });

  test('has these error codes, each with its status', () => {
    const byStatus = Map.groupBy(Object.entries(ERRORS), ([, { status }]) => status);
    const found = [...byStatus].map(([status, kinds]) => `${status} ${kinds.map(([code]) => code).join(' ')}`);
    assert.deepEqual(found.toSorted(), lines(CODES));
  });

  test('is described whole by its OpenAPI page', async () => {
    const page = (await openApi(routes, '1.2.3')) as {
      openapi: string;
      paths: Record<string, Record<string, { summary: string; requestBody?: unknown; parameters: { in: string }[] }>>;
    };
    assert.equal(page.openapi, '3.1.0');
    for (const { method, path, summary, body, raw } of routes) {
      const operation = page.paths[path.replaceAll(/:(\w+)/gu, '{$1}')]?.[method.toLowerCase()];
      assert.equal(operation?.summary, summary, path);
      assert.equal(operation?.requestBody !== undefined, body !== undefined || raw === true, path);
      const named = [...path.matchAll(/:\w+/gu)].length;
      assert.equal(operation?.parameters.filter((parameter) => parameter.in === 'path').length, named, path);
    }
  });
});

describe('the doors of the package', () => {
  const DOORS: Record<string, string[]> = {
    '.': ['DeskError', 'connect', 'deskAt', 'openDesk'],
    './agent': ['Stopped', 'TryLater', 'agent', 'isAgent'],
    './background': ['PROVIDERS', 'Stopped', 'callee', 'checkMessages', 'mayTakeTurn', 'open', 'withTurn'],
    './background/hermes': ['openHermes'],
    './engines/memory': ['Tables', 'openMemory'],
    './engines/postgres': ['openPostgres'],
    './engines/sqlite': ['openSqlite'],
    './testing': [
      'Scene',
      'batchIn',
      'carrierSuite',
      'delegationIn',
      'engineSuite',
      'refusedWith',
      'resultOf',
      'scriptedPeer',
    ],
    './tools': [
      'DeskError',
      'TOOLS',
      'apiExamples',
      'bodyOf',
      'callTool',
      'commandOf',
      'deskOf',
      'instructionsOf',
      'promptAt',
      'promptText',
      'schemasOf',
      'tool',
      'toolNamed',
    ],
    './tools/adapters/ai-sdk': ['tools'],
    './tools/adapters/claude-agent-sdk': ['tools'],
    './tools/adapters/google-adk': ['tools'],
    './tools/adapters/json-schema': ['tools'],
    './tools/adapters/langchain': ['tools'],
    './tools/adapters/mastra': ['tools'],
    './tools/adapters/openai-agents': ['tools'],
  };
  const { exports: doors } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };

  test('are these', () => {
    assert.deepEqual(Object.keys(doors).toSorted(), [...Object.keys(DOORS), './package.json'].toSorted());
  });

  for (const [door, names] of Object.entries(DOORS)) {
    test(`hand out these names at ${door}`, async () => {
      const { default: built } = doors[door] as { default: string };
      const source = built.replace('./dist/', '../../src/').replace(/\.js$/u, '.ts');
      assert.deepEqual(Object.keys((await import(source)) as object).toSorted(), names);
    });
  }
});
