/**
 * From what a sender says is attached to what is: of a file that is kept here everything is known, and nothing that was
 * said of it counts; of anything else only its address is kept, and it is marked as external.
 */
import type { Part } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import type { Attachment } from '../core/workspace/index.ts';
import type { FileRow } from '../core/ports/index.ts';
import { cut } from '../core/text.ts';
import type { Gateway } from './gateway.ts';
import type { Json } from './shapes.ts';

export interface Said {
  uri: string;
  name?: string | undefined;
  mimeType?: string | null | undefined;
  size?: number | null | undefined;
}

const PATH = /^\/workspaces\/(?<workspace>[^/?#]+)\/attachments\/(?<id>fil_\w+)$/u;
const NAME_MAX = 200;
/** Control characters, what turns the direction of reading, and what leads to another folder or another drive. */
const NOT_IN_A_NAME = /[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;
/** A file that nobody used is about to go: one that is used so late might be gone before it is. */
const MARGIN = 24;

export function nameOfFile(given: string): string {
  const name = given
    .toWellFormed()
    .replaceAll(NOT_IN_A_NAME, '')
    .replace(/^[. ]+/u, '')
    .trimEnd();
  return name === '' ? 'file' : cut(name, NAME_MAX).text;
}

export function uriOf(gateway: Gateway, { workspace, id }: Pick<FileRow, 'workspace' | 'id'>): string {
  return `${gateway.baseUrl}/workspaces/${encodeURIComponent(workspace)}/attachments/${id}`;
}

export async function attachedTo(
  gateway: Gateway,
  workspace: string,
  said: readonly Said[] | undefined,
): Promise<Attachment[]> {
  if (said === undefined || said.length === 0) {
    return [];
  }
  const ids = said.map(({ uri }) => idIn(gateway, workspace, uri));
  const files = await gateway.line.engine.files.files(ids.filter((id) => id !== undefined));
  const attached = said.map((one, index) => {
    const id = ids[index];
    const file = id === undefined ? undefined : files.get(id);
    return id === undefined ? external(one, index) : kept(gateway, { file, workspace, index });
  });
  const { fileBytesPerCallMax: most } = gateway.limits;
  const ours = new Map(attached.map(({ file, size }) => [file, file === null ? 0 : (size ?? 0)]));
  if ([...ours.values()].reduce((sum, size) => sum + size, 0) > most) {
    throw new ErrandError({ code: 'too_large', message: `attachments: at most ${most} bytes in one call` });
  }
  return attached;
}

/** Undefined for an address that is not one of ours; one of ours in another place is found nowhere. */
function idIn({ baseUrl }: Gateway, workspace: string, uri: string): string | undefined {
  if (!uri.startsWith('/') && !uri.startsWith(`${baseUrl}/`)) {
    return undefined;
  }
  const { workspace: named, id } = PATH.exec(uri.startsWith('/') ? uri : uri.slice(baseUrl.length))?.groups ?? {};
  return named === encodeURIComponent(workspace) ? (id ?? '') : '';
}

interface Claim {
  file: FileRow | undefined;
  workspace: string;
  index: number;
}

function kept(gateway: Gateway, { file, workspace, index }: Claim): Attachment {
  const { fileUnusedMs } = gateway.limits;
  const goneAt = (file?.createdAt ?? 0) + fileUnusedMs - Math.ceil(fileUnusedMs / MARGIN);
  const isThere = file?.workspace === workspace && (file.usedBy !== null || goneAt > gateway.line.clock.now());
  if (file === undefined || !isThere) {
    const message = `attachments.${index}.uri: nothing like it was uploaded to this workspace, or it was too long ago`;
    throw new ErrandError({ code: 'invalid_request', message });
  }
  const { id, name, mimeType, size, sha256 } = file;
  return { name, mimeType, size, sha256, file: id, uri: null };
}

/** `workspace:` is what the original's agents call their own files. */
const KEPT_AS_SAID = /^(?:https?|workspace):$/u;

function external({ uri, name, mimeType, size }: Said, index: number): Attachment {
  const url = URL.parse(uri);
  if (url === null || !KEPT_AS_SAID.test(url.protocol)) {
    const message = `attachments.${index}.uri: takes the address of an upload, or http(s)`;
    throw new ErrandError({ code: 'invalid_request', message });
  }
  if (name === undefined) {
    throw new ErrandError({ code: 'invalid_request', message: `attachments.${index}: uri and name are required` });
  }
  const said = { mimeType: mimeType ?? null, size: size ?? null, sha256: null };
  return { ...said, name: nameOfFile(name), file: null, uri };
}

export function attachmentShape(gateway: Gateway, workspace: string, attachment: Attachment): Json {
  const { name, mimeType, size, sha256, file } = attachment;
  return {
    uri: addressOf(gateway, workspace, attachment),
    name,
    ...(mimeType === null ? {} : { mimeType }),
    ...(size === null ? {} : { size }),
    ...(sha256 === null ? {} : { sha256 }),
    ...(file === null ? { external: true } : { id: file }),
  };
}

/** As the agent that works on the task gets it. */
export function filePart(gateway: Gateway, workspace: string, attachment: Attachment): Part {
  const { name, mimeType } = attachment;
  const uri = addressOf(gateway, workspace, attachment);
  return { kind: 'file', name, uri, ...(mimeType === null ? {} : { mimeType }) };
}

function addressOf(gateway: Gateway, workspace: string, { file, uri }: Attachment): string {
  return file === null ? (uri ?? '') : uriOf(gateway, { workspace, id: file });
}
