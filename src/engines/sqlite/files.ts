/**
 * Attached files in the same file as everything else, a part to a commit: no write takes long, and between two of them
 * commands are carried out.
 *
 * A write that the disk refuses is treated like one of the line: nothing of it is there, and a disk that is broken is
 * not written to again (`attempt`).
 */
import { refusal } from '../../core/error.ts';
import { weightOf, type Files, type FilePart } from '../../core/ports/index.ts';
import * as rows from './rows.ts';
import type { Row } from './rows.ts';
import type { Place } from './transaction.ts';

type Attempt = <T>(write: () => T) => T;

export function filesOf(place: Place, attempt: Attempt): Files {
  const sql = place.statements;
  return {
    async begin({ id, org, workspace, name, createdAt }) {
      attempt(() => sql.insertFile.run(id, org, workspace, name, '', 0, null, null, createdAt));
    },
    save: async (part) => attempt(() => save(place, part)),
    async finish(id, { mimeType, sha256 }) {
      attempt(() => sql.finishFile.run(mimeType, sha256, id));
      const row = sql.fileById.get(id) as Row | undefined;
      return row === undefined ? undefined : rows.fileOf(row);
    },
    async files(ids) {
      const found = ids.map((id) => sql.fileById.get(id) as Row | undefined).filter((row) => row !== undefined);
      return new Map(found.map((row) => [row[0] as string, rows.fileOf(row)]));
    },
    async part(id, at) {
      const row = sql.filePart.get(id, at) as Row | undefined;
      return row?.[0] as Uint8Array | undefined;
    },
    async remove(id) {
      return attempt(() => {
        sql.closeFile.run(id);
        const { changes } = sql.removeFilePart.run(id, id);
        if (changes === 0) {
          sql.removeFile.run(id);
        }
        return changes !== 0;
      });
    },
    async forget({ messagesBefore, filesBefore, most }) {
      return attempt(() => {
        const messages = sql.forgetMessages.all(messagesBefore, most) as unknown as Row[];
        const used = messages.flatMap(([key]) => sql.forgetUsed.all(key as number) as unknown as Row[]);
        const loose = sql.forgetLoose.all(filesBefore, most) as unknown as Row[];
        const files = new Set([...used, ...loose].map(([id]) => id as string));
        return { messages: messages.length, files: [...files] };
      });
    },
  };
}

function save(place: Place, { file, org, place: at, bytes }: FilePart) {
  const sql = place.statements;
  const [size] = (sql.openFile.get(file) as Row | undefined) ?? [];
  if (size === undefined) {
    return refusal('not_found', 'The file was removed while it was sent.');
  }
  const [weight] = sql.fileWeight.get(org) as unknown as Row;
  const { fileBytesPerOrgMax } = place.limits;
  const more = weightOf((size as number) + bytes.length) - weightOf(size as number);
  if ((weight as number) + more > fileBytesPerOrgMax) {
    return refusal('file_limit', `The files of an organisation take at most ${fileBytesPerOrgMax} bytes.`);
  }
  sql.insertFilePart.run(file, org, at, bytes);
  sql.growFile.run(bytes.length, file);
  return undefined;
}
