/**
 * LangChain's messages, as data or as its own objects: `type` human, ai, tool or system, `tool_calls`, `tool_call_id`;
 * and the two other ways in which its models take data: with a `role`, and as an object of its own was written to JSON.
 *
 * LangChain itself takes any order; whoever refuses is the provider behind its model. So this holds what all of them
 * want: the tool messages right after the calls, one for each id and none besides; a system message first or not at
 * all (its Anthropic and Google models refuse it elsewhere before they send); something said by a human, and by an
 * ai message without calls. Who may speak first, and twice in a row, differs between the models and is left to them.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { field, isBlank, isList, lengthOf } from './read.ts';

const ROLES = { key: 'type', known: ['human', 'ai', 'tool', 'system'] };

export const langchain: Judge = {
  judge(messages, ledger) {
    for (const [index, given] of messages.entries()) {
      const message = asObject(given);
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

const TYPE_OF_ROLE: ReadonlyMap<unknown, string> = new Map([
  ['user', 'human'],
  ['assistant', 'ai'],
  ['developer', 'system'],
]);
const TYPE_OF_CLASS: ReadonlyMap<unknown, string> = new Map(
  Object.entries({ Human: 'human', AI: 'ai', System: 'system', Tool: 'tool' }).flatMap(([name, type]) => [
    [`${name}Message`, type],
    [`${name}MessageChunk`, type],
  ]),
);

/** As its models read it: a role stands for a type, and of what was written to JSON the fields are a level deeper. */
function asObject(given: unknown): unknown {
  const path = field(given, 'id');
  if (field(given, 'lc') === 1 && isList(path)) {
    const fields = field(given, 'kwargs');
    return {
      type: TYPE_OF_CLASS.get(field(path, lengthOf(path) - 1)),
      content: field(fields, 'content'),
      ...callsOf(fields),
    };
  }
  const said = field(given, 'type');
  const type = said ?? field(given, 'role');
  const known = TYPE_OF_ROLE.get(type) ?? type;
  return known === said ? given : { type: known, content: field(given, 'content'), ...callsOf(given) };
}

function callsOf(fields: unknown): object {
  return { tool_calls: field(fields, 'tool_calls'), tool_call_id: field(fields, 'tool_call_id') };
}

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
