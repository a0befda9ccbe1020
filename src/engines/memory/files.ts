/**
 * Attached files in memory: their rows among the tables, their parts beside them.
 */
import { refusal } from '../../core/error.ts';
import { weightOf, type FilePart, type FileRow, type Files } from '../../core/ports/index.ts';
import type { Place } from './transaction.ts';
import type { Tables } from './tables.ts';

export function filesOf(place: Pick<Place, 'tables' | 'limits'>): Files {
  const { tables } = place;
  return {
    async begin(file) {
      tables.files.set(file.id, { ...file, mimeType: '', size: 0, sha256: null, usedBy: null });
      tables.fileParts.set(file.id, []);
    },
    save: async (part) => save(place, part),
    async finish(id, found) {
      const file = tables.files.get(id);
      if (file !== undefined) {
        tables.files.set(id, { ...file, ...found });
      }
      return tables.files.get(id);
    },
    async files(ids) {
      const found = ids.map((id) => tables.files.get(id)).filter((file) => file !== undefined);
      return new Map(found.filter(({ sha256 }) => sha256 !== null).map((file) => [file.id, file]));
    },
    part: async (id, at) => tables.fileParts.get(id)?.[at],
    async remove(id) {
      close(tables, id);
      const wasThere = tables.fileParts.get(id)?.pop() !== undefined;
      if (!wasThere) {
        tables.files.delete(id);
        tables.fileParts.delete(id);
      }
      return wasThere;
    },
    async forget({ messagesBefore, filesBefore, most }) {
      const old = [...tables.messages.values()]
        .filter(({ createdAt, delegation }) => createdAt < messagesBefore && !tables.delegations.has(delegation ?? -1))
        .toSorted((left, right) => left.createdAt - right.createdAt || left.key - right.key)
        .slice(0, most);
      const keys = new Set(old.map(({ key }) => key));
      const isLoose = ({ usedBy, sha256, createdAt }: FileRow) =>
        (usedBy === null || sha256 === null) && createdAt < filesBefore;
      const all = [...tables.files.values()];
      const used = all.filter(({ usedBy }) => usedBy !== null && keys.has(usedBy));
      const files = [...used, ...all.filter(isLoose).slice(0, most)].map(({ id }) => id);
      for (const key of keys) {
        tables.messages.delete(key);
      }
      for (const id of files) {
        close(tables, id);
      }
      return { messages: keys.size, files: [...new Set(files)] };
    },
  };
}

function close(tables: Tables, id: string): void {
  const file = tables.files.get(id);
  if (file !== undefined) {
    tables.files.set(id, { ...file, sha256: null });
  }
}

function save({ tables, limits }: Pick<Place, 'tables' | 'limits'>, { file, org, bytes }: FilePart) {
  const row = tables.files.get(file);
  if (row === undefined || row.sha256 !== null) {
    return refusal('not_found', 'The file was removed while it was sent.');
  }
  const { fileBytesPerOrgMax } = limits;
  const ofOrg = [...tables.files.values()].filter((one) => one.org === org);
  const weight = ofOrg.reduce((sum, { size }) => sum + weightOf(size), 0);
  if (weight + weightOf(row.size + bytes.length) - weightOf(row.size) > fileBytesPerOrgMax) {
    return refusal('file_limit', `The files of an organisation take at most ${fileBytesPerOrgMax} bytes.`);
  }
  tables.fileParts.get(file)?.push(Uint8Array.from(bytes));
  tables.files.set(file, { ...row, size: row.size + bytes.length });
  return undefined;
}
