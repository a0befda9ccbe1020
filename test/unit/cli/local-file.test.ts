/**
 * Files that an agent names: what is one is read, and nothing else is waited for or read without end.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openFile } from '../../../src/cli/local-file.ts';
import { callTool, toolNamed, type Desk } from '../../../src/tools/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'errand-files-'));

after(() => rmSync(folder, { recursive: true }));

test('a file is read as it is', async () => {
  const path = join(folder, 'a b.txt');
  writeFileSync(path, 'hello');
  const { name, bytes } = await openFile(path);
  assert.deepEqual([name, Buffer.from(bytes).toString()], ['a b.txt', 'hello']);
});

test('what is no file, or too large for one, is refused before it is read', async () => {
  const [large, pipe] = [join(folder, 'large'), join(folder, 'pipe')];
  writeFileSync(large, '');
  truncateSync(large, 25 * 1024 * 1024 + 1);
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
  for (const [path, said] of [
    [folder, /is no file/u],
    [pipe, /is no file/u],
    ['/dev/zero', /is no file/u],
    [large, /at most 26214400 bytes/u],
    [join(folder, 'nothing'), /ENOENT/u],
  ] as const) {
    await assert.rejects(openFile(path), said, path);
    const spec = toolNamed('send_message_to_user');
    assert.ok(spec !== undefined);
    const { text, isError } = await callTool(
      spec,
      { desk: {} as Desk, openFile },
      { message: 'x', attachments: [path] },
    );
    assert.ok(isError);
    assert.match(text, said);
  }
});
