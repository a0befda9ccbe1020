/**
 * The official conformance suite against the product's own HTTP stack, with the suite's fixtures in the same registry.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { fixtures } from './mcp/fixtures/index.ts';
import { openMcpStage, type McpStage } from './mcp/stage.ts';

const SUITE = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'));

let stage: McpStage;

before(async () => {
  stage = await openMcpStage(fixtures);
});

after(async () => stage.close());

async function run(...which: string[]): Promise<{ passed: number; failed: number; out: string }> {
  const url = `${stage.url.replace('127.0.0.1', 'localhost')}/mcp`;
  const args = ['--disable-warning=ExperimentalWarning', SUITE, 'server', '--url', url, ...which];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [out] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const [, passed, failed] = /^Total: (\d+) passed, (\d+) failed/mu.exec(out) ?? [];
  return { passed: Number(passed), failed: Number(failed), out };
}

describe('the conformance suite of MCP', { concurrency: true }, () => {
  for (const [which, least] of [
    [['--requirements', '2025-11-25'], 80],
    [['--requirements', '2026-07-28'], 190],
    [['--suite', 'all'], 225],
  ] as const) {
    test(`${which.join(' ')} ends without a failure`, async () => {
      const { passed, failed, out } = await run(...which);
      assert.equal(failed, 0, out.slice(out.indexOf('=== SUMMARY')));
      assert.ok(passed >= least, `only ${passed} were looked at`);
    });
  }
});
