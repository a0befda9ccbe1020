/**
 * The operator's key: made at the first start, in a file that only its owner reads. The command line finds it there.
 */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeKey } from '../gateway/index.ts';

const OTHERS = 0o077;

function operatorKeyPath(data: string): string {
  return join(data, 'operator.key');
}

export function operatorKey(data: string): string {
  const path = operatorKeyPath(data);
  if (!existsSync(path)) {
    const { secret } = makeKey('op');
    writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(path, 0o600);
    return secret;
  }
  if ((statSync(path).mode & OTHERS) !== 0) {
    throw new Error(`${path} can be read by others. Run: chmod 600 ${path}`);
  }
  return readFileSync(path, 'utf8').trim();
}
