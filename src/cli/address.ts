/**
 * The address that a platform leaves in its data directory while it serves, so that commands beside it find it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function leaveAddress(data: string, url: string): void {
  writeFileSync(pathIn(data), `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o600 });
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
