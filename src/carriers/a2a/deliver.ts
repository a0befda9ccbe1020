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
/** For a peer to notice that it was answered. */
const NEWS_MS = 10_000;

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

/**
 * An answer that may have arrived already is sent again only to a task that still waits for one (C16). Some peers
 * show the task as it was before the answer; a question that is the same as before is not asked a second time.
 */
async function deliverAnswer(contact: Contact, task: string): Promise<Outcome> {
  const before = await look(contact, task, { timeoutMs: FIND_MS, signal: contact.signal });
  if (contact.assignment.mayHaveRun && before.kind === 'task' && !isQuestion(before.task)) {
    return goOn(contact, task, before.task);
  }
  if (contact.assignment.mayHaveRun && contact.assignment.delivery === 'at_most_once' && before.kind !== 'task') {
    return unknown('the answer may have arrived, and the peer cannot be asked');
  }
  if (before.kind === 'gone' && before.forgotten) {
    return { kind: 'unknown', error: 'the peer has forgotten what it asked', forgotten: true };
  }
  const outcome = contact.signal.aborted ? unknown('let go before the answer was sent') : await send(contact);
  if (contact.signal.aborted && (outcome.kind === 'unknown' || outcome.kind === 'unreachable')) {
    return stop(contact, task);
  }
  return outcome.kind === 'asked' && before.kind === 'task' ? awaitNews(contact, before.task, outcome) : outcome;
}

async function awaitNews(contact: Contact, before: RemoteTask, asked: Outcome): Promise<Outcome> {
  const { clock, tempo } = contact.means;
  const task = before.id ?? '';
  const until = clock.now() + NEWS_MS;
  while (!contact.signal.aborted && clock.now() < until) {
    const found = await look(contact, task, { timeoutMs: FIND_MS, signal: contact.signal });
    if (found.kind === 'task' && found.task.mark !== before.mark) {
      return goOn(contact, task, found.task);
    }
    await contact.pause(tempo.pollFirstMs, contact.signal);
  }
  return contact.signal.aborted ? stop(contact, task) : asked;
}

function isQuestion(task: RemoteTask): boolean {
  return outcomeOf(task)?.kind === 'asked';
}

async function goOn(contact: Contact, id: string, seen: RemoteTask): Promise<Outcome> {
  return outcomeOf(seen) ?? follow(contact, { id, seen, polled: false });
}

async function ask(contact: Contact): Promise<Outcome> {
  const { assignment } = contact;
  const found = await findTask(contact);
  if (found?.id !== undefined) {
    return goOn(contact, found.id, found);
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
    const found = task !== undefined && isOurs(task, assignment.id) ? readTask(task) : undefined;
    // One that was given back is over; there may be another one beside it.
    if (found !== undefined && found.retryable !== true) {
      return found;
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
