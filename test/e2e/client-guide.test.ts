/**
 * What the guide of the client shows is one program: it compiles as it stands there, and it runs.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { openHouse } from '../protocol/support.ts';

const run = promisify(execFile);
const DOOR = resolve('src/runtime/index.ts');

function program(): string {
  const page = readFileSync('docs/guides/client.md', 'utf8');
  return [...page.matchAll(/^```ts\n(.*?)^```$/gmsu)].map(([, text = '']) => text).join('\n');
}

function folder(t: { after: (work: () => void) => void }): string {
  const path = mkdtempSync(join(tmpdir(), 'errand-guide-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe('the guide of the client', () => {
  test('compiles, as strictly as we do', async (t) => {
    const place = folder(t);
    writeFileSync(join(place, 'program.ts'), program());
    const settings = {
      extends: resolve('tsconfig.json'),
      compilerOptions: { typeRoots: [resolve('node_modules/@types')], paths: { errand: [DOOR] } },
      include: [],
      files: ['program.ts'],
    };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(settings));
    writeFileSync(join(place, 'package.json'), '{"type": "module"}');
    const compile = [resolve('node_modules/typescript/bin/tsc'), '--project', place];
    const said = await run(process.execPath, compile).catch((error: unknown) => error as { stdout: string });
    assert.equal(said.stdout, '');
  });

  test('runs', async (t) => {
    const house = await openHouse();
    t.after(async () => house.close());
    const peer = await house.peer({ do: 'answer', text: 'One waits, one is served' });
    await house.seat('lead');
    await house.seat('writer', { url: peer.url });
    const place = folder(t);
    const source = program()
      .replace("from 'errand'", `from '${pathToFileURL(DOOR).href}'`)
      .replace('http://127.0.0.1:4310', house.url);
    writeFileSync(join(place, 'program.ts'), source);
    writeFileSync(join(place, 'package.json'), '{"type": "module"}');
    const flags = ['--disable-warning=ExperimentalWarning', join(place, 'program.ts')];
    const { ERRAND_KEY: _key, ...env } = process.env;
    const { stdout } = await run(process.execPath, flags, { env, timeout: 60_000 });
    assert.match(
      stdout,
      /^dlg_\w+ completed One waits, one is served\n.*delegation\.accepted\n.*delegation\.settled\n\[ 'completed', 'completed' \]\n.*Write a note\..*\ncompleted\n\[ 'writer' \]\n1 .*delegate_task.*\nnot_found\n$/su,
    );
  });
});
