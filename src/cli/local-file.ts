/**
 * A file of this machine, for a tool that sends it along: the agent that names it and this process have the same disk.
 *
 * Looked at before it is read: a pipe is not waited for, a device is not read without end, and what the platform would
 * refuse for its size is not read at all.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { LIMITS } from '../core/delegation/index.ts';
import { DeskError, type OpenedFile } from '../tools/index.ts';

export async function openFile(path: string): Promise<OpenedFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = await file.stat();
    if (!about.isFile()) {
      throw refused(path, 'is no file');
    }
    if (about.size > LIMITS.fileBytesMax) {
      throw refused(path, `has ${about.size} bytes; a file has at most ${LIMITS.fileBytesMax} bytes`);
    }
    return { name: basename(path), bytes: await file.readFile() };
  } finally {
    await file.close();
  }
}

function refused(path: string, why: string): DeskError {
  return new DeskError({ code: 'invalid_request', message: `attachments: ${path.slice(0, 200)} ${why}` });
}
