/**
 * Where attached files lie: beside the line and not on it, because a commit that carried 25 MB would hold up all others.
 *
 * A file is saved part by part and is there only once it is finished; what was begun and not finished, or never used by
 * a message, is forgotten after a while, and the rest goes with the message it was sent with (E32, E33).
 */
import type { Refusal } from '../error.ts';

/** What is saved, read or removed in one step. (Of 1 MB, commits beside an upload take three times as long.) */
export const PART_BYTES_MAX = 256 * 1024;
/** A small file weighs as much as this against the bound of its organisation, so that their number is bounded, too. */
export const FILE_WEIGHT_LEAST = 64 * 1024;

export interface FileRow {
  id: string;
  org: string;
  workspace: string;
  name: string;
  /** By what its bytes are, not by what was said of them. */
  mimeType: string;
  /** Of the parts that are there. */
  size: number;
  /** Null until the last part is there. */
  sha256: string | null;
  /** The newest message that names it. */
  usedBy: number | null;
  createdAt: number;
}

export interface FilePart {
  file: string;
  org: string;
  /** From 0. */
  place: number;
  bytes: Uint8Array;
}

export interface Forgetting {
  /** Messages older than this whose task is gone. */
  messagesBefore: number;
  /** Files that no message names, or that were never finished. */
  filesBefore: number;
  most: number;
}

export interface Forgotten {
  messages: number;
  /** Not read any more; to be removed. */
  files: string[];
}

export interface Files {
  begin(file: Pick<FileRow, 'id' | 'org' | 'workspace' | 'name' | 'createdAt'>): Promise<void>;
  /** The next part; a refusal where its organisation has no room for it, or the file was removed meanwhile. */
  save(part: FilePart): Promise<Refusal | undefined>;
  finish(id: string, found: { mimeType: string; sha256: string }): Promise<FileRow | undefined>;
  /** Finished ones; the others are not there. */
  files(ids: readonly string[]): Promise<Map<string, FileRow>>;
  part(id: string, place: number): Promise<Uint8Array | undefined>;
  /** One step of it; true while something is left. From the first step on it is not read any more. */
  remove(id: string): Promise<boolean>;
  /** Old messages go, and with them the claim on what they named. */
  forget(forgetting: Forgetting): Promise<Forgotten>;
}

export function weightOf(size: number): number {
  return Math.max(size, FILE_WEIGHT_LEAST);
}
