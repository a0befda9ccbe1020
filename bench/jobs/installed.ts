/**
 * The packages of the others: installed beside this file when they are first asked for, from a lock of their own, so
 * that nobody has to install them who does not want to measure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function install(tell: (line: string) => void): void {
  if (wanted().every((name) => existsSync(join(import.meta.dirname, 'node_modules', name)))) {
    return;
  }
  tell('… npm ci in bench/jobs, once');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    stdio: 'inherit',
  });
  if (status !== 0) {
    throw new Error('npm ci in bench/jobs failed.');
  }
}

function wanted(): string[] {
  const text = readFileSync(join(import.meta.dirname, 'package.json'), 'utf8');
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  return ['.package-lock.json', ...Object.keys(dependencies)];
}

/** As much of a package as is used; the compiler does not see them, because they need not be there. */
export async function packageAs<Shape>(name: string): Promise<Shape> {
  return (await import(name)) as Shape;
}
