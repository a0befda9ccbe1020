/** Which dialect is seen in a command line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialectOf, isAgent } from '../../../../src/carriers/command/dialects/dialect.ts';
import type { DialectName } from '../../../../src/core/workspace/index.ts';

const ROWS: [DialectName, string][] = [
  ['claude', 'claude -p --output-format stream-json --verbose'],
  ['claude', '/usr/local/bin/claude -p --output-format=stream-json --verbose'],
  ['claude', 'claude -p --output-format json'],
  ['claude', String.raw`C:\bin\claude.exe -p --output-format json`],
  ['claude', 'claude -p --output-format text --output-format stream-json'],
  ['claude', 'npx -y @anthropic-ai/claude-code -p --output-format stream-json --verbose'],
  ['claude', 'npx @anthropic-ai/claude-code@2.1.330 -p --output-format stream-json'],
  ['claude', 'npx -y -- @anthropic-ai/claude-code@latest -p --output-format=json'],
  ['claude', 'npx -p @anthropic-ai/claude-code claude -p --output-format=json'],
  ['text', 'claude -p'],
  ['text', 'claude -p --output-format text'],
  ['text', 'claude -p --output-format stream-json --output-format text'],
  ['text', 'claude -p -- --output-format stream-json'],
  ['text', 'claude -p --output-format'],
  ['text', 'claude -p --output-format-of stream-json'],
  ['codex', 'codex exec --json -'],
  ['codex', 'codex -m gpt-5.2 exec --skip-git-repo-check --json'],
  ['codex', 'codex e --experimental-json'],
  ['codex', 'npx @openai/codex@0.169.0 exec --json -'],
  ['text', 'codex exec -'],
  ['text', 'codex --json'],
  ['gemini', 'gemini --output-format stream-json'],
  ['gemini', 'gemini -o json -p hello'],
  ['gemini', 'gemini -o=stream-json'],
  ['gemini', 'npx --yes @google/gemini-cli@latest --output-format=stream-json'],
  ['text', 'gemini -p hello'],
  ['opencode', 'opencode run --format json'],
  ['opencode', 'npx opencode-ai@1.18.33 run --format=json'],
  ['text', 'opencode run --format default'],
  ['text', 'opencode --format json'],
  ['cursor', 'cursor-agent -p --output-format stream-json'],
  ['cursor', 'agent -p --output-format=json'],
  ['cursor', 'cursor agent -p --output-format stream-json'],
  ['text', 'cursor-agent -p'],
  ['text', 'cursor --output-format stream-json'],
  ['text', 'my-script --output-format stream-json'],
  ['text', 'npx my-agent --output-format stream-json'],
  ['text', 'npx -y'],
  ['text', 'constructor --output-format json'],
  ['text', 'node cli.js --output-format stream-json'],
  ['text', ''],
];

for (const [name, command] of ROWS) {
  test(`${command === '' ? 'no command' : command} speaks ${name}`, () => {
    assert.equal(dialectOf(command === '' ? [] : command.split(' ')), name);
  });
}

test('C18: an agent is known by its name, however it prints; a script is none', () => {
  for (const line of ['claude -p', '/opt/bin/codex exec -', 'npx -y opencode-ai run', 'cursor agent -p']) {
    assert.equal(isAgent(line.split(' ')), true, line);
  }
  for (const line of ['./claude.sh', 'wc -c', 'node claude', 'cursor .']) {
    assert.equal(isAgent(line.split(' ')), false, line);
  }
});
