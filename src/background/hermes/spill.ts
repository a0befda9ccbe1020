/**
 * Where a result goes that is too long for a turn: whole, to a file that only this user reads, whose name the turn says.
 *
 * What is spilled is a copy: the result itself stays where it is kept, and a disk that is full costs no turn.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Answers where the whole of it is to be read. */
export type Spill = (id: string, index: number, text: string) => string;

export function spillInto(folder: string | undefined, onFault: (error: unknown) => void): Spill {
  return (id, index, text) => {
    const kept = `get_async_delegation(${JSON.stringify(id)}), results[${index}].summary`;
    if (folder === undefined) {
      return kept;
    }
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${id}-task-${index}.txt`);
      writeFileSync(path, text, { mode: 0o600 });
      return `${path} (a file; read it in parts)`;
    } catch (error) {
      onFault(error);
      return kept;
    }
  };
}
