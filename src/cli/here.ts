/**
 * How others find this very program and the platform it speaks to, for the settings in which they are told to start it.
 */
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Client } from './client.ts';
import type { Flags } from './command.ts';
import { textOf } from './flags.ts';

/** `errand`, where the shell would find it; else this very program, so that what is printed works as it stands. */
export function commandHere(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const isThere = folders.some((folder) => folder !== '' && existsSync(join(folder, 'errand')));
  return isThere ? ['errand'] : [process.execPath, resolve(process.argv[1] ?? 'errand')];
}

/** By its address where somebody named one, else by the folder where it leaves it: that stays true. */
export function platformHere(flags: Flags, client: Client): { url?: string; data?: string } {
  if ((textOf(flags, 'platform') ?? textOf(flags, 'url') ?? process.env['ERRAND_URL']) !== undefined) {
    return { url: client.url };
  }
  const data = textOf(flags, 'data') ?? process.env['ERRAND_DATA'] ?? client.data;
  return data === undefined ? {} : { data: resolve(data) };
}
