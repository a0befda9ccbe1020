/**
 * What an agent keeps so that it, its team or the whole organisation finds it again.
 *
 * A memory is written once and never changed; it is found by its terms (`terms.ts`) and read by whom its scope says
 * (`scope.ts`). The log says that it was written or forgotten, with its length and hash, and never what it says.
 */
export const SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;

/** Who reads it: its author; whoever may talk to its author; the whole organisation. */
export type Scope = (typeof SCOPES)[number];

export const NAMESPACE = 'general';

export interface Memory {
  key: number;
  id: string;
  org: string;
  /** Its author. */
  workspace: string;
  scope: Scope;
  namespace: string;
  content: string;
  /** Of the content, in bytes. */
  length: number;
  sha256: string;
  createdAt: number;
}

/** All but what it says. */
export type MemoryHead = Omit<Memory, 'content'>;

/** How many a workspace has, and how many of them nobody else reads. */
export interface MemoryCount {
  all: number;
  local: number;
}

export function headOf({ content: _content, ...head }: Memory): MemoryHead {
  return head;
}

/** A name that is no scope is none: whoever misspells GLOBAL does not write LOCAL. */
export function isScope(name: string): name is Scope {
  return (SCOPES as readonly string[]).includes(name);
}
