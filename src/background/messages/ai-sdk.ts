/**
 * The AI SDK's `ModelMessage` lists.
 *
 * Its own code refuses, before any provider is asked: an empty list; an unknown role; system messages in the list,
 * unless they are allowed by an option (instructions are an argument of their own); a user's message, or the end, while
 * a call has no result in a tool message. It looks no further, so the rest is what the providers behind it refuse: the
 * assistant speaking while a call is open, a result without a call, content with nothing in it. Consecutive tool
 * messages count as one.
 *
 * A call that the provider executes needs no result in a tool message: it stands in the assistant's, or comes later.
 * A call that waits for approval: the request stands with the call, the response in a tool message. While that is the
 * last message, the next request runs the tool and writes the result itself, so the list is legal, but no turn may
 * follow it yet; anywhere else an approval does not stand in for the result. A response needs its request.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { field, isBlank } from './read.ts';

const ROLES = { key: 'role', known: ['user', 'assistant', 'tool', 'system'] };

export const aiSdk: Judge = {
  judge(messages, ledger) {
    const walk: Walk = { ledger, executed: new Set(), requests: new Map(), approved: new Set() };
    for (const [index, message] of messages.entries()) {
      const role = ledger.roleOf(index, message, ROLES);
      const content = field(message, 'content');
      const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : ledger.parts(index, content);
      walk.approved = new Set();
      if (role === 'tool') {
        readTool(index, parts ?? [], walk);
      } else {
        ledger.closes(index, messages.length);
      }
      if (role === 'assistant') {
        readAssistant(index, parts ?? [], walk);
      }
      if (role === 'system') {
        ledger.blame(index, 'system-place', `Message ${index} is a system message; give it as the instructions.`);
      }
      if (role === 'tool' ? typeof content === 'string' || parts === undefined : role !== '' && isNothing(parts)) {
        ledger.empty(index);
      }
    }
    ledger.suspends(walk.approved);
    ledger.closes(messages.length, messages.length);
  },

  // Also after the user's: the SDK asks for no alternation, and its Anthropic provider combines what stands in a row.
  add(messages, text) {
    return [...messages, { role: 'user', content: text }];
  },
};

interface Walk {
  ledger: Ledger;
  /** Calls that the provider executes. */
  executed: Set<unknown>;
  /** Call by the id of the approval that was asked for. */
  requests: Map<unknown, unknown>;
  /** Calls whose approval was answered in the message just read. */
  approved: Set<string>;
}

function readAssistant(index: number, parts: readonly unknown[], { ledger, executed, requests }: Walk): void {
  for (const part of parts) {
    const type = field(part, 'type');
    const call = field(part, 'toolCallId');
    if (type === 'tool-call' && field(part, 'providerExecuted') === true) {
      executed.add(call);
    } else if (type === 'tool-call') {
      ledger.calls(index, call, { once: false });
    } else if (type === 'tool-result' && !executed.has(call)) {
      ledger.blame(index, 'unknown-result', `Message ${index} has a result that belongs into a tool message.`);
    } else if (type === 'tool-approval-request') {
      requests.set(field(part, 'approvalId'), call);
      if (!executed.has(call) && !ledger.isKnown(call)) {
        ledger.blame(index, 'approval', `Message ${index} asks for the approval of a call that is not there.`);
      }
    }
  }
}

function readTool(index: number, parts: readonly unknown[], { ledger, executed, requests, approved }: Walk): void {
  for (const part of parts) {
    const type = field(part, 'type');
    const approval = field(part, 'approvalId');
    if (type === 'tool-result' && !executed.has(field(part, 'toolCallId'))) {
      ledger.answers(index, field(part, 'toolCallId'));
    } else if (type === 'tool-approval-response') {
      const call = requests.get(approval);
      if (typeof call === 'string') {
        approved.add(call);
      } else {
        ledger.blame(index, 'approval', `Message ${index} answers an approval that nobody asked for.`);
      }
    }
  }
}

function isNothing(parts: readonly unknown[] | undefined): boolean {
  return (parts ?? []).every((part) => {
    const text = field(part, 'text');
    return field(part, 'type') === 'text' && (typeof text !== 'string' || isBlank(text));
  });
}
