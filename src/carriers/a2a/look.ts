/**
 * One look at a task of the peer: the task, or that the peer does not know it, or trouble on the way.
 *
 * Only the peer's own word makes a task `gone`; a broken connection or a status that says nothing about the task is
 * trouble, and trouble is no ending (C8).
 */
import { asRecord, readAnswer, readError, type RemoteTask, V1_ERRORS } from '../../a2a/index.ts';
import { parse } from './answer.ts';
import { headerOf } from './client.ts';
import type { Asked, Contact } from './contact.ts';
import { retryAfterMs } from './retry-after.ts';

export type Look =
  | { kind: 'task'; task: RemoteTask }
  /** `forgotten`: it knows of tasks, and not of this one; else it cannot be asked. */
  | { kind: 'gone'; error: string; forgotten: boolean }
  | { kind: 'too_large' }
  | { kind: 'trouble'; retryAfterMs: number | null };

export async function look(
  contact: Contact,
  id: string,
  bounds: { timeoutMs: number; signal?: AbortSignal },
): Promise<Look> {
  const { route, means } = contact;
  const asked = await contact.ask(route.dialect.get(id, route.tenant), bounds);
  return readLook(asked, id, means.clock.now());
}

function readLook({ reply, id: rpc }: Asked, id: string, now: number): Look {
  if (reply.kind === 'too_large') {
    return { kind: 'too_large' };
  }
  if (reply.kind !== 'answered') {
    return { kind: 'trouble', retryAfterMs: null };
  }
  const body = parse(reply.body);
  if (reply.status >= 200 && reply.status < 300) {
    const reading = readAnswer(body, rpc);
    if (reading.kind === 'task') {
      return { kind: 'task', task: { ...reading.task, id } };
    }
  }
  const record = asRecord(body);
  const error = record === undefined ? undefined : readError(record);
  if (isGone(reply.status, error?.code ?? null)) {
    const forgotten = error?.code === V1_ERRORS.taskNotFound.code;
    return { kind: 'gone', error: error?.text ?? `HTTP ${reply.status}`, forgotten };
  }
  const isAskedToWait = headerOf(reply.headers, 'retry-after') !== undefined;
  return { kind: 'trouble', retryAfterMs: isAskedToWait ? retryAfterMs(reply.headers, body, now) : null };
}

/** Not known, or a peer that knows no way to ask. */
function isGone(status: number, code: number | null): boolean {
  return (
    code === V1_ERRORS.taskNotFound.code ||
    code === V1_ERRORS.methodNotFound.code ||
    code === V1_ERRORS.unsupportedOperation.code ||
    (code === null && (status === 404 || status === 410))
  );
}
