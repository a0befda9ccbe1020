/**
 * What a person and an agent say to each other, and the commands that write it.
 *
 * An agent says something (`say`). What a person writes is a task: `post` accepts it and keeps the words in one commit,
 * and the message has the key of its delegation, so that one finds the other without an index.
 */
import type { Accept } from '../delegation/index.ts';

export interface Attachment {
  name: string;
  mimeType: string | null;
  size: number | null;
  sha256: string | null;
  /** The id of a file that is kept here; or else where it is, as its sender said. */
  file: string | null;
  uri: string | null;
}

export interface Message {
  key: number;
  id: string;
  org: string;
  /** The agent's seat: the conversation is between it and the persons of its organisation. */
  workspace: string;
  from: 'agent' | 'person';
  text: string;
  attachments: readonly Attachment[];
  /** The task that it is, if a person wrote it. */
  delegation: number | null;
  createdAt: number;
}

/** The text, and what the log keeps of it. */
export interface Words {
  text: string;
  /** In UTF-8 bytes. */
  length: number;
  sha256: string;
  /** The whole text where it is short. */
  excerpt: string;
  attachments: readonly Attachment[];
}

export interface Say {
  type: 'say';
  workspace: string;
  actor: string;
  words: Words;
}

export interface Post {
  type: 'post';
  accept: Accept;
  words: Words;
}
