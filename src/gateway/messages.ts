/**
 * The conversation between persons and a workspace, as it stands: a page of messages, newest first, each task of a
 * person with its ending.
 *
 * All that hangs on a page is read for the whole of it at once, never row by row.
 */
import { hash } from 'node:crypto';
import { NEXT_ACTION, type Delegation, type Result } from '../core/delegation/index.ts';
import type { Message } from '../core/workspace/index.ts';
import { attachmentShape } from './attached.ts';
import type { Gateway } from './gateway.ts';
import { PREVIEW_CHARACTERS, time } from '../flow/index.ts';
import type { Json } from './shapes.ts';
import { cut } from '../core/text.ts';

/** A page ends before there is more text in it, and never before its first message. */
const TEXT_MAX = 1_000_000;

export interface Asked {
  workspace: string;
  limit: number;
  cursor?: string | undefined;
}

export interface ConversationPage {
  rows: Json[];
  /** Where the next page begins, if there is one. */
  next: number | undefined;
  /** Another one as soon as anything in the page is. */
  version: string;
}

export async function conversation(gateway: Gateway, { workspace, limit, cursor }: Asked): Promise<ConversationPage> {
  const { engine } = gateway.line;
  const before = cursor === undefined ? {} : { before: Math.min(Number(cursor), Number.MAX_SAFE_INTEGER) };
  const found = await engine.messages({ workspace, limit, ...before });
  const page = fitting(found);
  const keys = page.flatMap(({ delegation }) => delegation ?? []);
  const [tasks, results] = await Promise.all([
    Promise.all(keys.map(async (key) => engine.delegation({ key }))),
    engine.results(keys, PREVIEW_CHARACTERS + 1),
  ]);
  const byKey = new Map(keys.map((key, index) => [key, tasks[index]]));
  const rows = page.map((message) => {
    const [task, result] = [byKey.get(message.delegation ?? 0), results.get(message.delegation ?? 0)];
    return messageShape(gateway, message, { task, result });
  });
  const isLast = page.length === found.length && found.length < limit;
  return {
    rows,
    next: isLast ? undefined : page.at(-1)?.key,
    version: hash('sha256', JSON.stringify(rows)).slice(0, 32),
  };
}

function fitting(found: readonly Message[]): Message[] {
  const page: Message[] = [];
  let characters = 0;
  for (const message of found) {
    characters += message.text.length;
    if (page.length > 0 && characters > TEXT_MAX) {
      break;
    }
    page.push(message);
  }
  return page;
}

function messageShape(
  gateway: Gateway,
  message: Message,
  { task, result }: { task: Delegation | undefined; result: Result | undefined },
): Json {
  const { id, from, text, attachments, workspace } = message;
  return {
    id,
    from,
    text,
    attachments: attachments.map((attachment) => attachmentShape(gateway, workspace, attachment)),
    ...(task === undefined ? {} : taskShape(task)),
    ...(result === undefined ? {} : { reply: replyShape(result) }),
    created_at: time(message.createdAt),
  };
}

function taskShape({ id, status, reason, error, detail }: Delegation): Json {
  return {
    delegation_id: id,
    status,
    ...(reason === null ? {} : { reason }),
    ...(error === null ? {} : { error }),
    ...(detail.question === undefined ? {} : { question: detail.question }),
    next_action: NEXT_ACTION[status],
  };
}

function replyShape({ text, length, sha256 }: Result): Json {
  return { ...cut(text, PREVIEW_CHARACTERS), length, sha256 };
}
