/**
 * Who writes and who reads a memory: one rule for each scope, asked in the commit and before every read.
 *
 * LOCAL is its author's alone. TEAM is read by whoever may talk to its author, by the rule by which they delegate
 * (`workspace/access.ts`); one that was removed is looked at as it stood, so that what it knew is not lost. GLOBAL is
 * read by the organisation, and therefore written only from the top of it.
 */
import { refusal, type Refusal } from '../error.ts';
import { isAllowed, mayTalk, type Find, type Workspace } from '../workspace/index.ts';
import { isScope, SCOPES, type MemoryHead, type Scope } from './memory.ts';

/** What one reader may see: of itself, of these authors, of everybody. */
export interface Sight {
  /** Whose LOCAL ones; null for nobody's. */
  local: string | null;
  /** Whose TEAM ones. */
  team: readonly string[];
  global: boolean;
}

/** Why it may not write this; undefined when it may. */
export function refuseWriting(author: Workspace, scope: string): Refusal | undefined {
  if (!isScope(scope)) {
    return refusal('invalid_request', `scope: takes one of ${SCOPES.join(', ')}.`);
  }
  if (!isAllowed(author, 'memory.write')) {
    return refusal('role_forbids', 'RBAC: the roles of this workspace do not allow memory.write.');
  }
  return scope === 'GLOBAL' && author.parent !== null && !author.person
    ? refusal(
        'scope_forbids',
        'scope: GLOBAL is written by a workspace without a parent, or by a person. ' +
          'Commit it as TEAM, or ask the workspace at your root to commit it.',
      )
    : undefined;
}

/** Why it may read none; undefined when it may. */
export function refuseReading(reader: Workspace): Refusal | undefined {
  return isAllowed(reader, 'memory.read')
    ? undefined
    : refusal('role_forbids', 'RBAC: the roles of this workspace do not allow memory.read.');
}

/** `authors`: those who have written for their team; without a scope, everything that it may read. */
export function sightOf(reader: Workspace, authors: readonly Workspace[], { find, scope }: Looking): Sight {
  const sees = (one: Scope) => scope === undefined || scope === one;
  const reads = (author: Workspace) => author.id === reader.id || mayTalk(reader, { ...author, state: 'active' }, find);
  return {
    local: sees('LOCAL') ? reader.id : null,
    team: sees('TEAM') ? authors.filter(reads).map(({ id }) => id) : [],
    global: sees('GLOBAL'),
  };
}

export interface Looking {
  find: Find;
  scope?: Scope | undefined;
}

/** The rule that the indexes of the engines stand for. */
export function isInSight(memory: MemoryHead, sight: Sight): boolean {
  switch (memory.scope) {
    case 'LOCAL':
      return memory.workspace === sight.local;
    case 'TEAM':
      return sight.team.includes(memory.workspace);
    default:
      return sight.global;
  }
}
