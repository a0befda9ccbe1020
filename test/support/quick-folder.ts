/**
 * A folder for a store whose tests ask nothing of a disk but to keep a file while a process comes and goes: in memory
 * where the system has room for it there, so that nobody waits for a sync. Elsewhere it is a temporary folder as usual.
 */
import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 1024 ** 3;

export function quickFolder(name: string): string {
  return mkdtempSync(join(hasRoom(IN_MEMORY) ? IN_MEMORY : tmpdir(), name));
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    // Not a system that has one, or not for us.
    return false;
  }
}
