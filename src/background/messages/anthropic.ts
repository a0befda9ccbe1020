/**
 * Anthropic's Messages.
 *
 * Documented: consecutive messages of one role are combined into one turn, so two of the user's in a row are legal;
 * the results of all calls stand in the one message right after the call, before any text of it. Refused, by the error
 * texts: a `tool_use` without its `tool_result` in the next message, a result without its call in the previous one, two
 * results of one call, an id used twice, and text that is empty or white (results may be empty). Seen refused, too:
 * text after a `tool_use` in the assistant's message, and results spread over two messages although they would be
 * combined. The first message must be the user's on the copies of this API in other clouds; Anthropic's own became
 * lenient later. An empty last message of the assistant, a prefill, is taken but cannot become history: it is a fault.
 *
 * A tool of the server's (`server_tool_use`) brings its result in the assistant's words, perhaps in the next response;
 * until then the user's message may hold results only. A `system` message in the list, where the model takes one,
 * follows a user's (or a pending tool of the server's) and is followed by the assistant or nothing.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { field, isBlank } from './read.ts';

const ROLES = { key: 'role', known: ['user', 'assistant', 'system'] };
const SERVER_CALLS = new Set<unknown>(['server_tool_use', 'mcp_tool_use']);

export const anthropic: Judge = {
  judge(messages, ledger) {
    const walk: Walk = { ledger, length: messages.length, pending: new Set(), servers: new Set(), before: '' };
    for (const [index, message] of messages.entries()) {
      const role = ledger.roleOf(index, message, ROLES);
      if (index === 0 && role === 'assistant') {
        ledger.blame(index, 'first', 'The first message must be the user’s.');
      }
      if (walk.before === 'system' && role !== 'assistant') {
        ledger.blame(index - 1, 'system-place', `After the system message ${index - 1} only the assistant may speak.`);
      }
      read(index, { role, content: field(message, 'content') }, walk);
      walk.before = role;
    }
    if (walk.before === 'system') {
      ledger.holds('the list ends with a system message, which the assistant answers first');
    }
    if (walk.pending.size > 0) {
      ledger.holds('a tool of the server has not brought its result');
    }
    ledger.closes(messages.length, messages.length);
  },

  // A message of its own also after the user's: the server combines them, and nothing that was sent changes.
  add(messages, text) {
    return [...messages, { role: 'user', content: text }];
  },
};

interface Walk {
  ledger: Ledger;
  length: number;
  /** Calls to tools of the server that have no result yet; `servers` are all there were. */
  pending: Set<unknown>;
  servers: Set<unknown>;
  before: string;
}

interface Said {
  role: string;
  content: unknown;
}

function read(index: number, { role, content }: Said, walk: Walk): void {
  const { ledger } = walk;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : ledger.parts(index, content);
  if (role === 'user') {
    readUser(index, blocks ?? [], walk);
  } else {
    ledger.closes(index, walk.length);
  }
  if (role === 'assistant') {
    readAssistant(index, blocks ?? [], walk);
  }
  if (role === 'system' && walk.before !== 'user' && !(walk.before === 'assistant' && walk.pending.size > 0)) {
    ledger.blame(index, 'system-place', `The system message ${index} must follow a message of the user’s.`);
  }
  if (role !== '' && (blocks === undefined || blocks.length === 0 || blocks.some((block) => isEmptyText(block)))) {
    ledger.empty(index);
  }
}

function readUser(index: number, blocks: readonly unknown[], { ledger, length, pending }: Walk): void {
  let isPastResults = false;
  for (const block of blocks) {
    if (field(block, 'type') === 'tool_result') {
      if (isPastResults) {
        ledger.blame(index, 'order', `Message ${index} has a tool_result after other content; results come first.`);
      }
      ledger.answers(index, field(block, 'tool_use_id'));
    } else if (!isPastResults) {
      isPastResults = true;
      ledger.closes(index, length);
      if (pending.size > 0) {
        ledger.blame(index, 'unanswered-call', `Message ${index} speaks before a tool of the server has its result.`);
      }
    }
  }
  ledger.closes(index, length);
}

function readAssistant(index: number, blocks: readonly unknown[], { ledger, pending, servers }: Walk): void {
  let isPastCalls = false;
  for (const block of blocks) {
    const type = field(block, 'type');
    if (type === 'tool_use') {
      isPastCalls = true;
      ledger.calls(index, field(block, 'id'), { once: true });
    } else if (SERVER_CALLS.has(type)) {
      pending.add(field(block, 'id'));
      servers.add(field(block, 'id'));
    } else if (typeof type === 'string' && type.endsWith('tool_result')) {
      const id = field(block, 'tool_use_id');
      pending.delete(id);
      if (!servers.has(id)) {
        ledger.blame(index, 'unknown-result', `Message ${index} has a result of a server’s tool without its call.`);
      }
    } else if (type === 'text' && isPastCalls) {
      ledger.blame(index, 'order', `Message ${index} has text after a tool_use; calls come last.`);
    }
  }
}

function isEmptyText(block: unknown): boolean {
  const text = field(block, 'text');
  return field(block, 'type') === 'text' && (typeof text !== 'string' || isBlank(text));
}
