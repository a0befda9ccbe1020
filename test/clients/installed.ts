/**
 * The real clients: installed beside this file when a test first asks for them, from a lock of their own, because they
 * weigh half a gigabyte and nobody else needs them.
 *
 * Where that fails, or takes too long, the reason is given instead, and the tests say that they were skipped, and why.
 * What npm has fetched by then it keeps, so that the next run needs less.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const FOLDER = import.meta.dirname;
/** Half a minute is usual. Each file that asks may wait so long, and all tests together have ten minutes. */
const INSTALL_MS_MAX = 90_000;
/** So that a machine without a network is told so in seconds. */
const PATIENCE = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=2000'];

/** Undefined when all of them are there. */
export async function whyNotInstalled(): Promise<string | undefined> {
  if (areThere()) {
    return undefined;
  }
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', ...PATIENCE], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_MS_MAX,
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (areThere()) {
    return undefined;
  }
  const why = said.split('\n').find((line) => line.startsWith('npm error')) ?? `it ended with ${String(code)}`;
  return `npm ci in test/clients did not bring the clients within ${INSTALL_MS_MAX / 1000} s: ${why}`;
}

/** Whole, and in the versions that are pinned. */
function areThere(): boolean {
  const { dependencies } = packageIn(FOLDER);
  const isWhole = existsSync(join(FOLDER, 'node_modules', '.package-lock.json'));
  return (
    isWhole &&
    Object.entries(dependencies ?? {}).every(([name, version]) => {
      try {
        return packageIn(join(FOLDER, 'node_modules', name)).version === version;
      } catch {
        // It is not there, or not whole.
        return false;
      }
    })
  );
}

interface Package {
  version?: string;
  dependencies?: Record<string, string>;
}

function packageIn(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
}
