/**
 * Memories: committed and forgotten, each with its line in the log, which never says what they say.
 *
 * What a workspace kept for itself goes with it; what it kept for others stays (`forgetLocal`).
 */
import { refusal } from '../error.ts';
import { isScope, refuseWriting, type CommitMemory, type ForgetMemory, type MemoryHead } from '../memory/index.ts';
import { keyOf, type Answer } from '../ports/index.ts';
import { isAllowed, type Workspace } from '../workspace/index.ts';
import { sayWorkspace, type Work } from './work.ts';

export function commitMemory(work: Work, command: CommitMemory): Answer {
  const { limits } = work.tx;
  const { scope, namespace, content, length, sha256 } = command;
  const author = work.tx.workspace(command.workspace);
  if (author === undefined || author.state === 'removed') {
    return missing(`There is no workspace ${command.workspace}.`);
  }
  const refused = refuseWriting(author, scope);
  if (refused !== undefined || !isScope(scope)) {
    return { kind: 'refused', refusal: refused ?? refusal('invalid_request', `scope: there is no ${scope}.`) };
  }
  if (length > limits.memoryBytesMax) {
    return { kind: 'refused', refusal: refusal('too_large', `content: at most ${limits.memoryBytesMax} bytes.`) };
  }
  if (work.tx.countMemories(author.id).all >= limits.memoriesMax) {
    const bound = `memories_per_workspace: a workspace keeps at most ${limits.memoriesMax}.`;
    return { kind: 'refused', refusal: refusal('memory_limit', bound) };
  }
  const { key, id } = work.tx.mint('mem');
  const createdAt = work.tx.now;
  const memory: MemoryHead = {
    key,
    id,
    org: author.org,
    workspace: author.id,
    scope,
    namespace,
    length,
    sha256,
    createdAt,
  };
  work.tx.insertMemory({ ...memory, content });
  const redacted = command.redacted.length === 0 ? {} : { redacted: command.redacted };
  sayWorkspace(work, author, {
    type: 'memory.committed',
    actor: command.actor,
    data: { memory_id: id, scope, length, sha256, ...redacted },
  });
  return { kind: 'memory', memory };
}

/** Also of a workspace that was removed, so that what it left can be taken away. */
export function forgetMemory(work: Work, command: ForgetMemory): Answer {
  const author = work.tx.workspace(command.workspace);
  const key = keyOf('mem', command.id);
  const memory = key === undefined ? undefined : work.tx.memory(key);
  if (author === undefined || memory?.id !== command.id || memory.workspace !== author.id) {
    return missing('There is no such memory.');
  }
  if (!isAllowed(author, 'memory.write')) {
    const message = 'RBAC: the roles of this workspace do not allow memory.write.';
    return { kind: 'refused', refusal: refusal('role_forbids', message) };
  }
  work.tx.forgetMemory(memory);
  const { scope, length, sha256 } = memory;
  sayWorkspace(work, author, {
    type: 'memory.forgotten',
    actor: command.actor,
    data: { memory_id: memory.id, scope, length, sha256 },
  });
  return { kind: 'memory', memory };
}

/** Of a workspace that goes: one line for all of them. */
export function forgetLocal(work: Work, workspace: Workspace, actor: string): void {
  const { local } = work.tx.countMemories(workspace.id);
  if (local > 0) {
    work.tx.forgetLocal(workspace.id);
    sayWorkspace(work, workspace, { type: 'memory.forgotten', actor, data: { scope: 'LOCAL', count: local } });
  }
}

function missing(message: string): Answer {
  return { kind: 'refused', refusal: refusal('not_found', message) };
}
