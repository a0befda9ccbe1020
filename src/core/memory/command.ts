/**
 * What can happen to a memory, as data; written through the same seam as delegations.
 */

/** The content as it may be kept: whoever makes this command has taken the secrets out of it (`redact.ts`). */
export interface CommitMemory {
  type: 'commit_memory';
  workspace: string;
  actor: string;
  /** As it was said: what is no scope is refused. */
  scope: string;
  namespace: string;
  content: string;
  /** Of the content, in bytes. */
  length: number;
  sha256: string;
  /** What was taken out of it, for the log. */
  redacted: readonly { kind: string; count: number }[];
}

/** An author forgets what it wrote; to everybody else it is not there. */
export interface ForgetMemory {
  type: 'forget_memory';
  workspace: string;
  actor: string;
  id: string;
}

export type MemoryCommand = CommitMemory | ForgetMemory;
