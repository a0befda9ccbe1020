/**
 * Handing an assignment over: one message, whose id is the delegation's on every attempt, so that a peer can tell a
 * second try from a second task (C1).
 *
 * A peer that does not speak the version is asked once more in the other, inside the same attempt. A send that is
 * cancelled on its way is waited for a little, since its answer brings the name by which the callee can be told (C9).
 */
import type { Json, OutgoingMessage } from '../../a2a/index.ts';
import type { Part } from '../../core/delegation/index.ts';
import type { Assignment, Outcome } from '../../core/ports/index.ts';
import { type Answer, judge } from './answer.ts';
import type { Contact } from './contact.ts';
import { follow } from './follow.ts';
import { look } from './look.ts';
import { failed, outcomeOf, unknown } from './outcome.ts';
import { stop } from './stop.ts';

const FIND_MS = 30_000;
/** No calendar goes further. */
const TIME_MAX = 8.64e15;
const TAKEN: ReadonlySet<Outcome['kind']> = new Set(['completed', 'asked', 'cancelled']);

export async function send(contact: Contact): Promise<Outcome> {
  return settle(contact, await sendInEither(contact));
}

async function sendInEither(contact: Contact): Promise<Answer> {
  const first = await sendOnce(contact);
  if (first.kind !== 'other_version' || contact.signal.aborted) {
    return first;
  }
  const { callee } = contact.assignment;
  const { routes } = contact.means;
  const before = contact.route;
  const other = routes.other(callee, before);
  if (other === undefined) {
    return first;
  }
  contact.route = other;
  const second = await sendOnce(contact);
  if (second.kind === 'other_version') {
    contact.route = before;
    return first;
  }
  if (wasUnderstood(second)) {
    routes.remember(callee, other.dialect.version);
  }
  return second;
}

/** A refusal or a broken connection says nothing about the version. */
function wasUnderstood(answer: Answer): boolean {
  return answer.kind !== 'outcome' || TAKEN.has(answer.outcome.kind);
}

async function sendOnce(contact: Contact): Promise<Answer> {
  const { means, assignment, route, signal } = contact;
  const call = route.dialect.send(messageOf(assignment), route.tenant);
  const { attemptMs, cancelMs } = means.tempo;
  const { reply, id } = await contact.ask(call, { timeoutMs: attemptMs, signal, graceMs: cancelMs });
  return judge(reply, { id, now: means.clock.now() });
}

async function settle(contact: Contact, answer: Answer): Promise<Outcome> {
  switch (answer.kind) {
    case 'outcome':
      return answer.outcome;
    case 'follow':
      return follow(contact, { id: answer.id, seen: answer.task, polled: answer.polled });
    case 'place':
      return askForPlace(contact, answer);
    case 'other_version':
      // Cut short by a stop, it is only certain that nothing was taken.
      return contact.signal.aborted
        ? { kind: 'unreachable', error: answer.error, retryAfterMs: null }
        : failed('callee_failed', answer.error);
  }
}

/** The number of a queue place may be the name of a task. Where it is not, the peer is merely busy (C5). */
async function askForPlace(contact: Contact, place: Extract<Answer, { kind: 'place' }>): Promise<Outcome> {
  const { assignment, signal } = contact;
  const found = signal.aborted ? undefined : await look(contact, place.id, { timeoutMs: FIND_MS, signal });
  if (found?.kind === 'task' && found.task.state !== 'unknown') {
    return outcomeOf(found.task) ?? follow(contact, { id: place.id, seen: found.task, polled: true });
  }
  if (signal.aborted) {
    return stop(contact, place.id);
  }
  return assignment.delivery === 'at_most_once'
    ? unknown('the peer took the task into a queue of its own, and cannot be asked about it')
    : { kind: 'busy', retryAfterMs: place.retryAfterMs };
}

function messageOf(assignment: Assignment): OutgoingMessage {
  const { answer, remoteTask, remoteContext, conversation } = assignment;
  const isAnswer = answer !== undefined && remoteTask !== undefined;
  const context = (isAnswer ? remoteContext : undefined) ?? conversation ?? undefined;
  return {
    // An answer is another message than the task; a peer that tells messages apart would drop it otherwise.
    messageId: isAnswer ? `${assignment.id}.answer.${assignment.epoch}` : assignment.id,
    ...(context === undefined ? {} : { context }),
    ...(isAnswer ? { task: remoteTask } : {}),
    parts: isAnswer ? [{ kind: 'text', text: answer }] : partsOf(assignment),
    metadata: isAnswer ? metadataOf(assignment) : { ...metadataOf(assignment), ...answeredBefore(assignment) },
  };
}

function partsOf(assignment: Assignment): Part[] {
  const parts: Part[] = [{ kind: 'text', text: assignment.task }];
  if (assignment.context !== undefined && assignment.context !== '') {
    parts.push({ kind: 'text', text: `Context:\n${assignment.context}` });
  }
  return assignment.parts === undefined ? parts : [...parts, ...assignment.parts];
}

/** For a callee that begins anew: what it had asked before it forgot, and what it was told. */
function answeredBefore({ question, answer }: Assignment): Json {
  return answer === undefined ? {} : { ...(question === undefined ? {} : { question }), answer };
}

function metadataOf(assignment: Assignment): Json {
  return {
    delegation_id: assignment.id,
    attempt: assignment.attempt,
    epoch: assignment.epoch,
    source_id: assignment.caller,
    attempt_token: assignment.attemptToken,
    ...(assignment.deadlineAt > TIME_MAX ? {} : { deadline: new Date(assignment.deadlineAt).toISOString() }),
    ...(assignment.mayHaveRun ? { may_have_run: true } : {}),
    ...(assignment.traceparent === undefined ? {} : { traceparent: assignment.traceparent }),
  };
}
