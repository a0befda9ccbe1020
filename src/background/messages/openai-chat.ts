/**
 * OpenAI Chat Completions, and the many servers that speak it.
 *
 * What the API refuses, by its own error texts: an assistant message with `tool_calls` that is not followed by one
 * tool message for each id; a tool message that no preceding `tool_calls` asked for; `tool_calls` that are an empty
 * list; content that is null, unless the assistant's message has calls, a refusal or audio instead. Content that is an
 * empty list breaks the schema, although it has been taken; an empty string is content. That a call is answered once is
 * documented, not seen refused. Ids may come back in a later round (local servers count from nought each time), so
 * they pair with what stands right before. Roles need not alternate, system and developer messages may stand anywhere
 * but inside a pair, and anybody may speak first. The role `function` is gone from the API and is not judged.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { field } from './read.ts';

const ROLES = { key: 'role', known: ['system', 'developer', 'user', 'assistant', 'tool'] };

export const openaiChat: Judge = {
  judge(messages, ledger) {
    for (const [index, message] of messages.entries()) {
      const role = ledger.roleOf(index, message, ROLES);
      if (role === 'tool') {
        ledger.answers(index, field(message, 'tool_call_id'));
        needsContent(index, message, ledger);
      } else {
        ledger.closes(index, messages.length);
        if (role === 'assistant') {
          readAssistant(index, message, ledger);
        } else if (role !== '') {
          needsContent(index, message, ledger);
        }
      }
    }
    ledger.closes(messages.length, messages.length);
  },

  add(messages, text) {
    return [...messages, { role: 'user', content: text }];
  },
};

function readAssistant(index: number, message: unknown, ledger: Ledger): void {
  const calls = ledger.parts(index, field(message, 'tool_calls'));
  for (const call of calls ?? []) {
    ledger.calls(index, field(call, 'id'), { once: false });
  }
  if (calls?.length === 0) {
    ledger.blame(index, 'empty-content', `Message ${index} has an empty list of tool_calls; leave the field out.`);
  }
  const instead = ['refusal', 'audio', 'function_call'].some((name) => (field(message, name) ?? null) !== null);
  if (calls === undefined && !instead) {
    needsContent(index, message, ledger);
  }
}

function needsContent(index: number, message: unknown, ledger: Ledger): void {
  const content = field(message, 'content');
  const parts = ledger.parts(index, content);
  if (parts === undefined ? typeof content !== 'string' : parts.length === 0) {
    ledger.empty(index);
  }
}
