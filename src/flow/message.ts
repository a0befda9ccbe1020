/**
 * Beside the line: what an agent says to the person, and what a person writes, which is a task on the line.
 */
import { hash } from 'node:crypto';
import { ErrandError } from '../core/error.ts';
import type { Attachment, Message, Words } from '../core/workspace/index.ts';
import { commandOf, idempotencyOf, type Asking, type Task } from './accept.ts';
import { changedOf, failureOf, type Changed } from './answer-of.ts';
import type { Line } from './line.ts';

const EXCERPT_POINTS = 500;

export interface Saying {
  workspace: string;
  actor: string;
  text: string;
  attachments: readonly Attachment[];
}

export async function say(line: Line, { workspace, actor, text, attachments }: Saying): Promise<Message> {
  const answer = await line.recorder.record({ type: 'say', workspace, actor, words: wordsOf(text, attachments) });
  if (answer.kind !== 'message') {
    throw failureOf(answer);
  }
  return answer.message;
}

/** The task and the message that says it, both or neither. */
export async function post(
  line: Line,
  asking: Asking,
  task: Task,
  attachments: readonly Attachment[],
): Promise<Changed & { message: Message }> {
  const accept = commandOf(line, asking, task);
  accept.idempotency = idempotencyOf(asking, { post: task });
  const words = wordsOf(task.task, attachments);
  const changed = changedOf(await line.recorder.record({ type: 'post', accept, words }));
  const message = await line.engine.message(changed.delegation.key);
  if (message === undefined) {
    throw new ErrandError({ code: 'not_found', message: 'The message is past its retention.' });
  }
  return { ...changed, message };
}

function wordsOf(given: string, attachments: readonly Attachment[]): Words {
  const text = given.toWellFormed();
  return { text, length: Buffer.byteLength(text), sha256: hash('sha256', text), excerpt: excerptOf(text), attachments };
}

/** Cut between code points. */
function excerptOf(text: string): string {
  return text.length <= EXCERPT_POINTS
    ? text
    : [...text.slice(0, EXCERPT_POINTS * 2)].slice(0, EXCERPT_POINTS).join('');
}
