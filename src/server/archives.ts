/**
 * Which store an address means: a `postgres://` URL is a database, anything else a data folder or the file in it.
 */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Archive, Clock, Side } from '../core/ports/index.ts';
import { openPostgresArchive } from '../engines/postgres/archive.ts';
import { openSqliteArchive } from '../engines/sqlite/archive.ts';

export interface Opening {
  side: Side;
  /** Only looked at: nothing is made, nothing is brought up to date. */
  isDry: boolean;
  clock: Pick<Clock, 'now'>;
}

/** Undefined where there is nothing yet and nothing shall be made. */
export async function openArchive(address: string, opening: Opening): Promise<Archive | undefined> {
  const { side, isDry } = opening;
  const now = opening.clock.now();
  return isUrl(address)
    ? openPostgresArchive({ url: address, side, isDry, now })
    : openSqliteArchive({ path: fileAt(address), side, isDry, now });
}

function isUrl(address: string): boolean {
  if (!/^[a-z][a-z+]*:\/\//iu.test(address)) {
    return false;
  }
  if (!/^postgres(?:ql)?:\/\//u.test(address) || !URL.canParse(address)) {
    throw new Error(`${address} is neither a data folder nor an address such as postgres://user@host:5432/name.`);
  }
  return true;
}

function fileAt(address: string): string {
  const path = resolve(address);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? path.endsWith('.db');
  return isFile ? path : join(path, 'errand.db');
}
