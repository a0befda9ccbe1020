/**
 * The frameworks that the examples and the tests of the adapters run on: installed beside this file when they are first
 * asked for, from a lock of their own, so that nobody has to install them who does not want them.
 *
 * Without what is optional: the Claude Agent SDK would bring the whole of Claude Code, 361 MB that nothing here starts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const HERE = import.meta.dirname;
/** Where the lock stands as it was when they were installed. */
const MARK = join(HERE, 'node_modules', '.package-lock.json');
/** The tests find the packages where the examples do. */
const LINK = join(HERE, '..', 'test', 'adapters', 'node_modules');

export function install(): void {
  if (!isInstalled()) {
    console.error('… npm ci in examples, once');
    const { status, error } = spawnSync('npm', ['ci', '--omit=optional', '--ignore-scripts'], {
      cwd: HERE,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status !== 0) {
      throw new Error('npm ci in examples failed.', { cause: error });
    }
  }
  if (!existsSync(LINK)) {
    rmSync(LINK, { force: true });
    symlinkSync(relative(dirname(LINK), join(HERE, 'node_modules')), LINK, 'junction');
  }
}

/** As package.json has them, not as it had them before. */
function isInstalled(): boolean {
  if (!existsSync(MARK)) {
    return false;
  }
  const { dependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8')) as Packages;
  const { packages } = JSON.parse(readFileSync(MARK, 'utf8')) as { packages: Record<string, { version: string }> };
  return Object.entries(dependencies).every(([name, version]) => packages[`node_modules/${name}`]?.version === version);
}

interface Packages {
  dependencies: Record<string, string>;
}

if (import.meta.main) {
  install();
}
