/** The stand-ins for the real programs, started as those are, speak the dialects that are read here. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { dialectOf } from '../../../../src/carriers/command/dialects/dialect.ts';
import { hear, type Heard, linesOf, type Spoken } from './hearing.ts';

const PROGRAMS = join(import.meta.dirname, '../../../support/programs');
const ARGV: [Spoken, string[], failing: number][] = [
  ['claude', ['-p', '--output-format', 'stream-json', '--verbose'], 1],
  ['codex', ['exec', '--json', '--skip-git-repo-check', '-'], 1],
  ['gemini', ['--output-format', 'stream-json', '--skip-trust'], 144],
  ['opencode', ['run', '--format', 'json'], 1],
  ['cursor', ['-p', '--output-format', 'stream-json', '--trust'], 1],
];

async function run(name: Spoken, argv: readonly string[], task: string): Promise<Heard & { code: number }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(PROGRAMS, `${name}.ts`), ...argv],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  child.stdin.end(task);
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { ...hear(name, linesOf(out)), code: Number(code) };
}

for (const [name, argv, failing] of ARGV) {
  test(`${name} answers, uses a tool, fails and is cut short`, async () => {
    assert.equal(dialectOf([name === 'cursor' ? 'cursor-agent' : name, ...argv]), name);
    const [echoed, used, failed, broken] = await Promise.all(
      ['Sag „ünï“ 🚀', 'use the tool', 'fail now', 'be cut'].map((task) => run(name, argv, task)),
    );
    assert.deepEqual([echoed?.said.text, echoed?.said.error, echoed?.code], ['You said: Sag „ünï“ 🚀', undefined, 0]);
    assert.equal(used?.said.text, 'You said: use the tool');
    assert.ok(used?.told.some(({ message }) => message === 'I look first.'));
    assert.ok(name === 'opencode' || used?.told.some(({ inTool }) => inTool === true));
    assert.equal(failed?.code, failing);
    assert.match(failed?.said.error ?? '', name === 'cursor' ? /ended without/u : /told to fail/u);
    assert.match(broken?.said.error ?? '', /ended without saying how it went/u);
  });
}

test('claude takes its task from the command line as well, and refuses a stream that is not verbose', async () => {
  const one = await run('claude', ['-p', '--output-format', 'json', 'From here'], '');
  assert.deepEqual([one.said.text, one.code], ['You said: From here', 0]);
  assert.equal((await run('claude', ['-p', '--output-format', 'stream-json'], 'x')).code, 1);
});
