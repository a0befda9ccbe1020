/**
 * The verbs beside the line: cancel, answer, retry, priority, and an agent's own report. Each is one command.
 */
import type { Delegation, Priority, Ref, Report } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import { cut } from '../core/text.ts';
import { accept, type Asking, type Task } from './accept.ts';
import { changedOf, type Changed } from './answer-of.ts';
import type { Line } from './line.ts';
import { partialOf, resultOf } from './settle.ts';

const NOTE_CHARACTERS = 500;

export interface Acting {
  ref: Ref;
  actor: string;
}

export async function cancel(line: Line, acting: Acting, note?: string): Promise<Changed> {
  const partial = partialOf(line, acting.ref);
  return changedOf(
    await line.recorder.record({
      type: 'cancel',
      ...acting,
      ...(note === undefined ? {} : { note: cut(note.toWellFormed(), NOTE_CHARACTERS).text }),
      ...(partial === undefined ? {} : { partial }),
    }),
  );
}

export async function answer(line: Line, acting: Acting, text: string): Promise<Changed> {
  if (Buffer.byteLength(text) > line.limits.taskBytesMax) {
    throw new ErrandError({ code: 'too_large', message: `answer: at most ${line.limits.taskBytesMax} bytes.` });
  }
  return changedOf(await line.recorder.record({ type: 'answer', ...acting, text: text.toWellFormed() }));
}

export async function reprioritise(line: Line, acting: Acting, priority: Priority): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'reprioritise', ...acting, priority }));
}

/** A new delegation, linked to the old one; the old one keeps its ending (D3). */
export async function retry(line: Line, asking: Asking, old: Delegation): Promise<Changed> {
  const request = await line.engine.request(old.key);
  if (request === undefined) {
    throw new ErrandError({ code: 'not_found', message: `The task of ${old.id} is no longer kept.` });
  }
  const { task, context, parts, labels } = request;
  const again: Task = {
    callee: old.callee,
    task,
    ...(context === undefined ? {} : { context }),
    ...(parts === undefined ? {} : { parts }),
    ...(labels === undefined ? {} : { labels }),
    ...(old.conversation === null ? {} : { conversation: old.conversation }),
    priority: old.priority,
    delivery: old.delivery,
    deadlineMs: old.deadlineAt - old.createdAt,
    ...(old.validUntil === null ? {} : { validForMs: old.validUntil - old.createdAt }),
    retryOf: old.id,
  };
  return accept(line, asking, again);
}

/** An agent that delivers by itself says how far it is; unknown ids are refused, repeated ones are not. */
export async function report(
  line: Line,
  acting: Acting,
  said: { status: Report['status']; text?: string; error?: string },
): Promise<Changed> {
  const result = said.text === undefined ? undefined : resultOf({ text: said.text }, line.limits);
  if (said.text !== undefined && result === undefined) {
    const message = `response_preview: at most ${line.limits.resultBytesMax} bytes.`;
    throw new ErrandError({ code: 'too_large', message });
  }
  const answered = await line.recorder.record({
    type: 'report',
    ...acting,
    status: said.status,
    ...(result === undefined ? {} : { result }),
    ...(said.error === undefined ? {} : { error: said.error.toWellFormed() }),
  });
  // What it reports after the ending is kept as evidence; for the reporter it is simply told already.
  return answered.kind === 'late' ? { delegation: answered.delegation, fresh: false } : changedOf(answered);
}

/** A message to the callee names a delegation that was only recorded: from now on we deliver it. */
export async function adopt(line: Line, acting: Acting, task: Task): Promise<Changed> {
  const request = { task: task.task.toWellFormed(), ...(task.parts === undefined ? {} : { parts: task.parts }) };
  return changedOf(await line.recorder.record({ type: 'adopt', ...acting, request }));
}
