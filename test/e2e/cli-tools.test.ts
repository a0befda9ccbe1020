/**
 * An agent with nothing but a shell: the tools of models through the command line, against a platform of its own.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/server/index.ts';
import { scriptedPeer, type ScriptedPeer } from '../../src/testing/scripted-peer.ts';
import { ended, errand, serving } from '../support/errand.ts';

type Json = Record<string, unknown>;

let folder: string;
let environment: Record<string, string>;
let up: ChildProcess;
let peer: ScriptedPeer;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'errand-tools-'));
  environment = { ERRAND_DATA: join(folder, 'data'), ERRAND_WORKSPACE: 'lead' };
  peer = await scriptedPeer({ clock: systemClock, behave: { do: 'answer', text: 'one line, as asked' } });
  up = await serving(['--data', environment['ERRAND_DATA'] ?? '']);
  for (const words of [
    ['agent', 'add', 'lead', '--pull'],
    ['agent', 'add', 'writer', '--url', peer.url],
    ['agent', 'add', 'busy', '--pull'],
  ]) {
    const { code, err } = await errand(words, environment);
    assert.equal(code, 0, err);
  }
});

after(async () => {
  await ended(up, 'SIGTERM');
  await peer.close();
  rmSync(folder, { recursive: true });
});

async function json(...words: string[]): Promise<Json> {
  const { code, out, err } = await errand([...words, '--json'], environment);
  assert.equal(code, 0, err);
  return JSON.parse(out) as Json;
}

describe('a shell', { timeout: 120_000 }, () => {
  test('delegates, waits, and reads what a model would read', async () => {
    const { code, out } = await errand(['tool', 'delegate_task', 'workspace_id=writer', 'task=a=b'], environment);
    assert.equal(code, 0);
    assert.match(out, /completed[^]*<untrusted-result \S+>\none line, as asked/u);
    assert.match(out, /Next: use the result\./u);
  });

  test('gives arguments that are no text as JSON, or all of them at once', async () => {
    const tasks = JSON.stringify([{ workspace_id: 'busy', task: 'one' }]);
    const batch = await json('tool', 'delegate_batch', `tasks=${tasks}`);
    assert.match(String(batch['batch_id']), /^bat_/u);
    const input = JSON.stringify({ task_ids: [batch['batch_id']], timeout_ms: 10 });
    const waited = await json('tool', 'wait_for_tasks', '--input', input);
    assert.equal((waited['pending'] as Json[])[0]?.['status'], 'queued');
    const again = await json('tool', 'wait_for_tasks', 'timeout_ms=10', 'mode=any');
    assert.equal((again['pending'] as Json[]).length, 1);
  });

  test('is told in words and by its exit code what it did wrong', async () => {
    const wrongs: [string[], number, RegExp][] = [
      [['tool', 'nothing_like_it'], 2, /there is no tool nothing_like_it/u],
      [['tool', 'delegate_task', 'workspace_id=writer'], 2, /task: /u],
      [['tool', 'delegate_task', 'writer'], 2, /writer is no argument/u],
      [['tool', 'delegate_task', '--input', '[]'], 2, /no JSON object/u],
      [['tool', 'delegate_task', 'workspace_id=nobody', 'task=x'], 4, /no workspace nobody/u],
      [['tool', 'list_peers', '--url', 'http://127.0.0.1:9'], 3, /cannot be reached/u],
      [['prompt', '--variant', 'other'], 2, /mcp or cli/u],
    ];
    for (const [words, code, said] of wrongs) {
      const done = await errand(words, environment);
      assert.equal(done.code, code, done.err);
      assert.match(done.err, said);
    }
  });

  test('is told of its peers and of its tools', async () => {
    const { out } = await errand(['prompt', '--variant', 'cli'], environment);
    assert.match(out, /ID: writer/u);
    assert.match(out, /`errand tool delegate_task workspace_id=… task=…/u);
    assert.equal((await json('prompt'))['variant'], 'mcp');
  });

  test('says of a file that it cannot read which one it is', async () => {
    const done = await errand(
      ['tool', 'send_message_to_user', 'message=x', 'attachments=["/no/such/file"]'],
      environment,
    );
    assert.equal(done.code, 2);
    assert.match(done.err, /\/no\/such\/file: ENOENT/u);
  });
});
