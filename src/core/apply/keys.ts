/**
 * Keys: issued, revoked, never shown again. Only their hash is kept.
 */
import { refusal } from '../error.ts';
import type { Answer } from '../ports/index.ts';
import type { IssueKey, RevokeKey } from '../workspace/index.ts';
import type { Work } from './work.ts';

const KEYS_PER_WORKSPACE_MAX = 50;

export function issueKey(work: Work, command: IssueKey): Answer {
  if (command.workspace !== null) {
    const workspace = work.tx.workspace(command.workspace);
    if (workspace === undefined || workspace.state === 'removed' || workspace.org !== command.org) {
      return { kind: 'refused', refusal: refusal('not_found', `There is no workspace ${command.workspace}.`) };
    }
    if (work.tx.countKeys(command.workspace) >= KEYS_PER_WORKSPACE_MAX) {
      return {
        kind: 'refused',
        refusal: refusal('key_limit', `A workspace has at most ${KEYS_PER_WORKSPACE_MAX} live keys.`),
      };
    }
  }
  const { type: _type, actor, ...rest } = command;
  work.tx.saveKey({ ...rest, createdAt: work.tx.now, revokedAt: null });
  say(work, command, { type: 'key.issued', actor });
  return { kind: 'count', count: 1 };
}

export function revokeKey(work: Work, command: RevokeKey): Answer {
  const key = work.tx.key(command.id);
  if (key === undefined || key.org !== command.org || key.workspace !== command.workspace) {
    return { kind: 'refused', refusal: refusal('not_found', 'There is no such key.') };
  }
  if (key.revokedAt === null) {
    work.tx.saveKey({ ...key, revokedAt: work.tx.now });
    say(work, command, { type: 'key.revoked', actor: command.actor });
  }
  return { kind: 'count', count: 1 };
}

function say(
  work: Work,
  command: { id: string; org: string; workspace: string | null },
  said: { type: 'key.issued' | 'key.revoked'; actor: string },
): void {
  work.tx.append({
    ...said,
    org: command.org,
    workspace: command.workspace ?? '',
    peer: null,
    delegation: null,
    delegationId: null,
    n: null,
    data: { key_id: command.id },
  });
}
