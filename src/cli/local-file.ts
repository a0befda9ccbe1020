/**
 * A file of this machine, for a tool that sends it along: the agent that names it and this process have the same disk.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { OpenedFile } from '../tools/index.ts';

export async function openFile(path: string): Promise<OpenedFile> {
  return { name: basename(path), bytes: await readFile(path) };
}
