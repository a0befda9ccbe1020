/**
 * Attached files on PostgreSQL: written on a connection of their own, so that no commit of the line waits behind 25 MB,
 * and read on those that read everything else, behind the wall of whoever reads (E20).
 */
import { refusal } from '../../core/error.ts';
import type { Limits } from '../../core/delegation/index.ts';
import type { Files, FilePart } from '../../core/ports/index.ts';
import type { Database, View } from './database.ts';
import * as rows from './rows.ts';

export function filesOf({ database, org }: Pick<View, 'database' | 'org'>, limits: Limits): Files {
  const { files: writer } = database;
  return {
    async begin({ id, org: of, workspace, name, createdAt }) {
      await writer.run('beginFile', [id, of, workspace, rows.toText(name), createdAt]);
    },
    save: async (part) => save(database, part, limits),
    async finish(id, { mimeType, sha256 }) {
      const [row] = await writer.run('finishFile', [id, mimeType, sha256]);
      return row === undefined ? undefined : rows.fileOf(row);
    },
    async files(ids) {
      const found = ids.length === 0 ? [] : await database.reader.runWithin(org, 'fileById', [ids]);
      return new Map(found.map((row) => [row[0] as string, rows.fileOf(row)]));
    },
    async part(id, place) {
      const [row] = await database.reader.runWithin(org, 'filePart', [id, place]);
      return row?.[0] as Uint8Array | undefined;
    },
    async remove(id) {
      await writer.run('closeFile', [id]);
      const removed = await writer.run('removeFilePart', [id]);
      if (removed.length === 0) {
        await writer.run('removeFile', [id]);
      }
      return removed.length > 0;
    },
    async forget({ messagesBefore, filesBefore, most }) {
      const found = await writer.run('forgetMessages', [messagesBefore, filesBefore, most]);
      const files = found.flatMap(([, id]) => (id === null ? [] : (id as string)));
      return { messages: found[0]?.[0] as number, files };
    },
  };
}

/** One statement: the part is there and counted, or neither. */
async function save(database: Database, { file, org, place, bytes }: FilePart, { fileBytesPerOrgMax: most }: Limits) {
  const [row] = await database.files.run('saveFilePart', [file, org, place, bytes, bytes.length, most]);
  const [isThere, hasRoom] = row ?? [];
  if (isThere !== true) {
    return refusal('not_found', 'The file was removed while it was sent.');
  }
  return hasRoom === true
    ? undefined
    : refusal('file_limit', `The files of an organisation take at most ${most} bytes.`);
}
