/**
 * What the readme and the guide show of background delegation are programs: they compile as they stand there, and run.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DOOR = resolve('src/background/index.ts');
const MANY = "await using errand = await open({\n  store: 'work.db', // leave it out, and nothing is kept";

function programs(page: string): string[] {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```$/gmsu)].map(([, text = '']) => text);
  return blocks.filter((text) => text.includes("from 'errand/background'"));
}

const SHOWN: readonly { name: string; text: string; says: RegExp }[] = [
  {
    name: 'the ten lines of the readme',
    text: programs('README.md')[0] ?? '',
    says: /^delegated dlg_\w+\n\[DELEGATION ENDED .*Found out: What do queues cost\?.*$/su,
  },
  {
    name: 'the first use',
    text: programs('docs/guides/background.md')[0] ?? '',
    says: /^dlg_\w+\ncompleted Found out: What do queues cost\?\n$/u,
  },
  { name: 'whom tasks go to', text: programs('docs/guides/background.md')[1] ?? '', says: /^3\n$/u },
  {
    name: 'being told',
    text: programs('docs/guides/background.md')[2] ?? '',
    says: /^\[DELEGATION ENDED .*Found out: .*$/su,
  },
  {
    name: 'warnings',
    text: programs('docs/guides/background.md')[3] ?? '',
    says: /^used of its budget: 900 of 1000 tokens; .*\nno sign of life for \d+ ms; .*\n$/u,
  },
];

function folder(t: { after: (work: () => void) => void }): string {
  const path = mkdtempSync(join(tmpdir(), 'errand-background-'));
  t.after(() => rmSync(path, { recursive: true }));
  symlinkSync(resolve('node_modules'), join(path, 'node_modules'));
  writeFileSync(join(path, 'package.json'), '{"type": "module"}');
  return path;
}

describe('what is shown of background delegation', () => {
  test('is this, and the first of it is ten lines and their blanks', () => {
    const [first] = SHOWN;
    assert.ok(first?.text.includes(MANY) === true);
    const lines = first.text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('//') && !/^[})\];]+$/u.test(line));
    assert.ok(lines.length <= 10, lines.join('\n'));
    assert.equal(programs('docs/guides/background.md').length, SHOWN.length - 1);
  });

  test('compiles, as strictly as we do', async (t) => {
    const place = folder(t);
    for (const [index, { text }] of SHOWN.entries()) {
      writeFileSync(join(place, `program-${index}.ts`), text);
    }
    const settings = {
      extends: resolve('tsconfig.json'),
      compilerOptions: { typeRoots: [resolve('node_modules/@types')], paths: { 'errand/background': [DOOR] } },
      include: [],
      files: SHOWN.map((_program, index) => `program-${index}.ts`),
    };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(settings));
    const compile = [resolve('node_modules/typescript/bin/tsc'), '--project', place];
    const said = await run(process.execPath, compile).catch((error: unknown) => error as { stdout: string });
    assert.equal(said.stdout, '');
  });

  for (const { name, text, says } of SHOWN) {
    test(`runs: ${name}`, async (t) => {
      const place = folder(t);
      const program = text.replace("from 'errand/background'", `from '${pathToFileURL(DOOR).href}'`);
      writeFileSync(join(place, 'program.ts'), program);
      const flags = ['--disable-warning=ExperimentalWarning', join(place, 'program.ts')];
      const { stdout, stderr } = await run(process.execPath, flags, { cwd: place, timeout: 60_000 });
      assert.match(stdout, says);
      assert.equal(stderr, '');
    });
  }
});
