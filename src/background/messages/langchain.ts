/**
 * LangChain's messages, as data or as its own objects: `type` human, ai, tool or system, `tool_calls`, `tool_call_id`.
 *
 * LangChain itself takes any order; whoever refuses is the provider behind its model. So this holds what all of them
 * want: the tool messages right after the calls, one for each id and none besides; a system message first or not at
 * all (its Anthropic and Google models refuse it elsewhere before they send); something said by a human, and by an
 * ai message without calls. Who may speak first, and twice in a row, differs between the models and is left to them.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { field, isBlank } from './read.ts';

const ROLES = { key: 'type', known: ['human', 'ai', 'tool', 'system'] };

export const langchain: Judge = {
  judge(messages, ledger) {
    for (const [index, message] of messages.entries()) {
      const type = ledger.roleOf(index, message, ROLES);
      if (type === 'tool') {
        ledger.answers(index, field(message, 'tool_call_id'));
      } else {
        ledger.closes(index, messages.length);
      }
      if (type === 'system' && index > 0) {
        ledger.blame(index, 'system-place', `Message ${index} is a system message, which may only be the first.`);
      }
      const calls = type === 'ai' ? (ledger.parts(index, field(message, 'tool_calls')) ?? []) : [];
      for (const call of calls) {
        ledger.calls(index, field(call, 'id'), { once: false });
      }
      if (type !== '' && type !== 'tool' && calls.length === 0 && saysNothing(index, message, ledger)) {
        ledger.empty(index);
      }
    }
    ledger.closes(messages.length, messages.length);
  },

  // Its models turn data into messages of their own, so that no class of LangChain is needed here.
  add(messages, text) {
    return [...messages, { type: 'human', content: text }];
  },
};

function saysNothing(index: number, message: unknown, ledger: Ledger): boolean {
  const content = field(message, 'content');
  if (typeof content === 'string') {
    return isBlank(content);
  }
  const parts = ledger.parts(index, content) ?? [];
  return parts.every((part) => {
    const text = field(part, 'text');
    return field(part, 'type') === 'text' && (typeof text !== 'string' || isBlank(text));
  });
}
