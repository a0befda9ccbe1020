/**
 * What is said between a person and an agent, kept and logged in one commit.
 *
 * The log says that something was said and how it begins; the whole text stands once, in the message.
 */
import { formId } from '../ports/index.ts';
import type { Answer } from '../ports/index.ts';
import { refusal } from '../error.ts';
import type { Message, Post, Say, Words, Workspace } from '../workspace/index.ts';
import { accept } from './accept.ts';
import { sayWorkspace, type Work } from './work.ts';

export function say(work: Work, command: Say): Answer {
  const workspace = work.tx.workspace(command.workspace);
  if (workspace === undefined) {
    return { kind: 'refused', refusal: refusal('not_found', `There is no workspace ${command.workspace}.`) };
  }
  const made = work.tx.mint('msg');
  const message = newMessage(work, workspace, { ...made, from: 'agent', delegation: null, words: command.words });
  keep(work, workspace, { message, words: command.words, actor: command.actor, peer: null });
  return { kind: 'message', message };
}

/** Refused where the task is; said once, however often it is sent with its key. */
export function post(work: Work, command: Post): Answer {
  const answer = accept(work, command.accept);
  const callee = answer.kind === 'done' && answer.fresh ? work.tx.workspace(command.accept.callee) : undefined;
  if (answer.kind === 'done' && callee !== undefined) {
    const { key, id, caller } = answer.delegation;
    const about = { key, id: formId('msg', key, work.tx.random()), from: 'person', delegation: key } as const;
    const message = newMessage(work, callee, { ...about, words: command.words });
    const { actor } = command.accept;
    keep(work, callee, { message, words: command.words, actor, peer: caller, delegationId: id });
  }
  return answer;
}

type Made = Pick<Message, 'key' | 'id' | 'from' | 'delegation'> & { words: Words };

function newMessage(work: Work, workspace: Workspace, { words, ...made }: Made): Message {
  const { text, attachments } = words;
  return { ...made, org: workspace.org, workspace: workspace.id, text, attachments, createdAt: work.tx.now };
}

interface Kept {
  message: Message;
  words: Words;
  actor: string;
  peer: string | null;
  delegationId?: string;
}

function keep(work: Work, workspace: Workspace, { message, words, actor, peer, delegationId }: Kept): void {
  work.tx.insertMessage(message);
  const { excerpt, length, sha256, attachments } = words;
  const data = {
    message_id: message.id,
    from: message.from,
    excerpt,
    length,
    sha256,
    attachments: attachments.map(({ name, file }) => (file === null ? { name } : { name, id: file })),
    ...(delegationId === undefined ? {} : { delegation_id: delegationId }),
  };
  sayWorkspace(work, workspace, { type: 'message.sent', actor, peer, data });
}
