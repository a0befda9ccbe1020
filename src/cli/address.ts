/**
 * The address that a platform leaves in its data directory while it serves, so that commands beside it find it.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** There at once and whole, so that nobody reads half of it. */
export function leaveAddress(data: string, url: string): void {
  const draft = `${pathIn(data)}.new`;
  writeFileSync(draft, `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o600 });
  renameSync(draft, pathIn(data));
}

export function takeAddress(data: string): void {
  rmSync(pathIn(data), { force: true });
}

export function addressIn(data: string): string | undefined {
  try {
    const { url } = JSON.parse(readFileSync(pathIn(data), 'utf8')) as { url?: unknown };
    return typeof url === 'string' ? url : undefined;
  } catch {
    // Nobody serves from there.
    return undefined;
  }
}

function pathIn(data: string): string {
  return join(data, 'address');
}
