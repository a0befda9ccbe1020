/**
 * The operator's key, in a file of the data folder that only its owner reads; the command line finds it there.
 *
 * A store of one process: made at the first start and kept in the file alone. A store that several share: kept in the
 * store, so that every one of them takes it, and left in each one's folder.
 */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../core/ports/index.ts';
import { keyWith, makeKey } from '../gateway/index.ts';

const OTHERS = 0o077;

export async function operatorKey(data: string, engine: Pick<Engine, 'exclusive' | 'secret'>): Promise<string> {
  const path = join(data, 'operator.key');
  if (!engine.exclusive) {
    const { secret } = keyWith('op', await engine.secret('operator'));
    keep(path, secret);
    return secret;
  }
  if (!existsSync(path)) {
    const { secret } = makeKey('op');
    keep(path, secret);
    return secret;
  }
  if ((statSync(path).mode & OTHERS) !== 0) {
    throw new Error(`${path} can be read by others. Run: chmod 600 ${path}`);
  }
  return readFileSync(path, 'utf8').trim();
}

function keep(path: string, secret: string): void {
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}
