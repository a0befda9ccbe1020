/**
 * What the README shows can be pasted and runs, on a platform of its own.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { readConfig, startPlatform } from '../../src/server/index.ts';

const ADDRESS = 'http://127.0.0.1:4310';

describe('the README', () => {
  test('by hand: delegate, fetch, end, acknowledge', { skip: missing('bash', 'curl') }, async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'errand-'));
    const platform = await startPlatform(readConfig({ open: true, port: 0, data }));
    t.after(async () => {
      await platform.close();
      rmSync(data, { recursive: true });
    });
    const block = blocks().find((text) => text.includes(`api=${ADDRESS}`)) ?? '';
    const { stdout } = await promisify(execFile)('bash', ['-euc', block.replace(ADDRESS, platform.url)]);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      answers.map(({ id, status, acknowledged }) => id ?? status ?? acknowledged),
      ['lead', 'writer', 'delegated', 'completed', 1],
    );
  });
});

function blocks(): string[] {
  return [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n(.*?)^```$/gmsu)].map(([, text = '']) => text);
}

function missing(...commands: string[]): string | false {
  try {
    for (const command of commands) {
      execFileSync(command, ['--version'], { stdio: 'ignore' });
    }
    return false;
  } catch {
    return `needs ${commands.join(' and ')}`;
  }
}
