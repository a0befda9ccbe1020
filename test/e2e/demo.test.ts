/**
 * The demo, as a newcomer starts it: the story is told, it is true, and nothing of it is left behind.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';

interface Line {
  at_ms: number;
  what: string;
  [more: string]: unknown;
}

/** Whatever a failed test left running; the file could not end with it. */
const started = new Set<ChildProcess>();

describe('errand demo', { timeout: 120_000 }, () => {
  after(() => {
    for (const child of started) {
      child.kill('SIGKILL');
    }
  });

  it('tells a story within fifteen seconds, and all of it holds', async () => {
    const demo = start(['--once', '--json', '--port', '0']);
    const lines: Line[] = [];
    for await (const line of linesOf(demo)) {
      lines.push(JSON.parse(line) as Line);
    }
    assert.equal(await exitOf(demo), 0);
    const summary = lines.at(-1);
    assert.equal(summary?.what, 'summary');
    assert.equal(summary['ok'], true, JSON.stringify(summary));
    assert.ok(Number(summary['took_ms']) < 15_000, `it took ${String(summary['took_ms'])} ms`);
    const happened = new Set(lines.map(({ what }) => what));
    for (const what of ['delegated', 'dispatched', 'queue', 'returned', 'asked', 'answered', 'settled', 'told']) {
      assert.ok(happened.has(what), `nothing was ${what}`);
    }
    assert.ok(Number(lines.find(({ what }) => what === 'delegated')?.at_ms) < 5000, 'the first one came late');
    assert.equal(existsSync(String(lines[0]?.['data'])), false, 'the temporary folder is still there');
  });

  it('stays up for whoever wants to look around, and ends on Ctrl-C', async () => {
    const demo = start(['--json', '--port', '0']);
    let url = '';
    for await (const line of linesOf(demo)) {
      const { what, ...more } = JSON.parse(line) as Line;
      url = what === 'up' ? String(more['url']) : url;
      if (what === 'summary') {
        break;
      }
    }
    const response = await fetch(`${url}/workspaces/lead/delegations`);
    assert.equal(((await response.json()) as unknown[]).length, 9);
    demo.kill('SIGINT');
    assert.equal(await exitOf(demo), 0);
  });

  it('finds what a demo that was killed left behind, and carries it on', async () => {
    const data = mkdtempSync(join(tmpdir(), 'errand-test-'));
    const first = start(['--json', '--port', '0', '--data', data]);
    for await (const line of linesOf(first)) {
      if ((JSON.parse(line) as Line).what === 'queue') {
        break;
      }
    }
    first.kill('SIGKILL');
    await exitOf(first);
    const second = start(['--once', '--json', '--port', '0', '--data', data]);
    const lines: Line[] = [];
    for await (const line of linesOf(second)) {
      lines.push(JSON.parse(line) as Line);
    }
    assert.equal(await exitOf(second), 0, JSON.stringify(lines.at(-1)));
    const kept = lines.find(({ what }) => what === 'kept')?.['ids'] as string[];
    assert.ok(kept.length >= 2);
    const settled = new Set(lines.filter(({ what }) => what === 'settled').map((line) => line['delegation_id']));
    for (const id of kept) {
      assert.ok(settled.has(id), `${id} has no ending`);
    }
    rmSync(data, { recursive: true });
  });
});

function start(args: readonly string[]): ChildProcess {
  const options = { stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] };
  const child = spawn(process.execPath, ['src/cli/main.ts', 'demo', ...args], options);
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  return createInterface({ input: child.stdout! });
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit');
  }
  return child.exitCode;
}
