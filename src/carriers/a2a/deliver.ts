/**
 * One delivery from its first question to its outcome: ask where an earlier attempt may have run, else send (C2).
 *
 * A name for the work at the peer is worth more than a message: with it we ask and follow, and never send twice. Without
 * it `at_most_once` gives up as `unknown`, and `at_least_once` sends the same message id again.
 */
import {
  asRecord,
  type Json,
  listAt,
  member,
  openEnvelope,
  readTask,
  recordAt,
  type RemoteTask,
} from '../../a2a/index.ts';
import type { Outcome } from '../../core/ports/index.ts';
import { parse } from './answer.ts';
import type { Contact } from './contact.ts';
import { follow } from './follow.ts';
import { look } from './look.ts';
import { outcomeOf, unknown } from './outcome.ts';
import { send } from './send.ts';
import { stop } from './stop.ts';

const FIND_MS = 30_000;

export async function deliver(contact: Contact): Promise<Outcome> {
  const { assignment, signal } = contact;
  const task = assignment.remoteTask;
  if (signal.aborted) {
    return task === undefined ? unknown('let go before it was sent') : stop(contact, task);
  }
  if (task !== undefined) {
    return assignment.answer === undefined
      ? follow(contact, { id: task, polled: false })
      : deliverAnswer(contact, task);
  }
  return assignment.mayHaveRun ? ask(contact) : send(contact);
}

/** An answer that may have arrived already is sent again only to a task that still waits for one. */
async function deliverAnswer(contact: Contact, task: string): Promise<Outcome> {
  const { assignment, signal } = contact;
  if (assignment.mayHaveRun) {
    const found = await look(contact, task, { timeoutMs: FIND_MS, signal });
    if (found.kind === 'task' && outcomeOf(found.task)?.kind !== 'asked') {
      return outcomeOf(found.task) ?? follow(contact, { id: task, seen: found.task, polled: false });
    }
  }
  return signal.aborted ? stop(contact, task) : sendAnswer(contact, task);
}

async function sendAnswer(contact: Contact, task: string): Promise<Outcome> {
  const outcome = await send(contact);
  return contact.signal.aborted && outcome.kind === 'unknown' ? stop(contact, task) : outcome;
}

async function ask(contact: Contact): Promise<Outcome> {
  const { assignment } = contact;
  const found = await findTask(contact);
  if (found?.id !== undefined) {
    return outcomeOf(found) ?? follow(contact, { id: found.id, seen: found, polled: false });
  }
  return assignment.delivery === 'at_most_once' || contact.signal.aborted
    ? unknown('an earlier attempt may have run, and the peer cannot be asked')
    : send(contact);
}

/** Only 1.0 can be asked which tasks a context has; ours is the one that carries our message or our id. */
async function findTask(contact: Contact): Promise<RemoteTask | undefined> {
  const { assignment, route, signal } = contact;
  if (assignment.conversation === null || route.dialect.list === undefined) {
    return undefined;
  }
  const call = route.dialect.list(assignment.conversation, route.tenant);
  const { reply, id } = await contact.ask(call, { timeoutMs: FIND_MS, signal });
  const opened = reply.kind === 'answered' ? openEnvelope(parse(reply.body), id) : undefined;
  const result = opened !== undefined && 'value' in opened ? asRecord(opened.value) : undefined;
  for (const entry of result === undefined ? [] : listAt(result, 'tasks')) {
    const task = asRecord(entry);
    if (task !== undefined && isOurs(task, assignment.id)) {
      return readTask(task);
    }
  }
  return undefined;
}

function isOurs(task: Json, delegation: string): boolean {
  const messages = [task, ...listAt(task, 'history').map((entry) => asRecord(entry) ?? {})];
  return messages.some((message) => {
    const metadata = recordAt(message, 'metadata') ?? {};
    return member(message, 'messageId') === delegation || member(metadata, 'delegation_id') === delegation;
  });
}
