/**
 * Conversations from a seed, as a host would build them for each provider: messages come one after the other, and what
 * the host says itself is put in as that provider takes it.
 */
import type { Provider } from '../../../src/background/messages/index.ts';

export interface Round {
  /** Where the calls stand, and where their results: several where each is a message of its own. */
  calls: readonly number[];
  results: readonly number[];
}

export interface Conversation {
  list: unknown[];
  rounds: Round[];
}

type Chance = (below: number) => number;

/** What stands in a message or not: for each provider the same four things. */
interface Language {
  user: (text: string) => unknown;
  assistant: (text: string) => unknown;
  calls: (ids: readonly string[]) => unknown[];
  results: (ids: readonly string[]) => unknown[];
}

const LANGUAGES: Readonly<Record<Provider, Language>> = {
  'openai-chat': {
    user: (content) => ({ role: 'user', content }),
    assistant: (content) => ({ role: 'assistant', content }),
    calls: (ids) => [
      {
        role: 'assistant',
        content: null,
        tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: nameOf(id), arguments: '{}' } })),
      },
    ],
    results: (ids) => ids.map((id) => ({ role: 'tool', tool_call_id: id, content: `seen by ${id}` })),
  },
  'openai-responses': {
    user: (content) => ({ role: 'user', content }),
    assistant: (content) => ({ role: 'assistant', content }),
    calls: (ids) => ids.map((id) => ({ type: 'function_call', call_id: id, name: nameOf(id), arguments: '{}' })),
    results: (ids) => ids.map((id) => ({ type: 'function_call_output', call_id: id, output: `seen by ${id}` })),
  },
  anthropic: {
    user: (content) => ({ role: 'user', content }),
    assistant: (content) => ({ role: 'assistant', content }),
    calls: (ids) => [
      { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: nameOf(id), input: {} })) },
    ],
    results: (ids) => [
      { role: 'user', content: ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'seen' })) },
    ],
  },
  gemini: {
    user: (text) => ({ role: 'user', parts: [{ text }] }),
    assistant: (text) => ({ role: 'model', parts: [{ text }] }),
    calls: (ids) => [{ role: 'model', parts: ids.map((id) => ({ functionCall: { name: nameOf(id), args: {} } })) }],
    results: (ids) => [
      { role: 'user', parts: ids.map((id) => ({ functionResponse: { name: nameOf(id), response: {} } })) },
    ],
  },
  'ai-sdk': {
    user: (content) => ({ role: 'user', content }),
    assistant: (text) => ({ role: 'assistant', content: [{ type: 'text', text }] }),
    calls: (ids) => [
      {
        role: 'assistant',
        content: ids.map((id) => ({ type: 'tool-call', toolCallId: id, toolName: nameOf(id), input: {} })),
      },
    ],
    results: (ids) =>
      ids.map((id) => ({
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: id, toolName: nameOf(id), output: { type: 'text', value: 'seen' } },
        ],
      })),
  },
  langchain: {
    user: (content) => ({ type: 'human', content }),
    assistant: (content) => ({ type: 'ai', content }),
    calls: (ids) => [
      { type: 'ai', content: '', tool_calls: ids.map((id) => ({ id, name: nameOf(id), args: {}, type: 'tool_call' })) },
    ],
    results: (ids) => ids.map((id) => ({ type: 'tool', tool_call_id: id, content: 'seen' })),
  },
};

/** A conversation; `between` sees the list after every message and may put something at its end. */
export function converse(
  provider: Provider,
  seed: number,
  between: (list: unknown[]) => unknown[] = (list) => list,
): Conversation {
  const language = LANGUAGES[provider];
  const chance = chanceOf(seed);
  const rounds: Round[] = [];
  let list: unknown[] = [];
  let ids = 0;

  function add(messages: readonly unknown[]): number[] {
    return messages.map((message) => {
      list = mergesUser(provider, list.at(-1), message) ? merged(list, message) : [...list, message];
      const at = list.length - 1;
      list = between(list);
      return at;
    });
  }

  for (let exchange = 0; exchange <= chance(4); exchange += 1) {
    add([language.user(`question ${exchange}`)]);
    for (let round = chance(4); round > 0; round -= 1) {
      const called = Array.from({ length: 1 + chance(3) }, () => `call_${(ids += 1)}`);
      const calls = add(language.calls(called));
      const results = add(language.results(chance(2) === 0 ? called : called.toReversed()));
      rounds.push({ calls, results });
    }
    add([language.assistant(`answer ${exchange}`)]);
  }
  return { list, rounds };
}

/** A turn as a host would carelessly put it: a message of its own, wherever it is put. */
export function bareTurn(provider: Provider): unknown {
  return LANGUAGES[provider].user('A background task has ended.');
}

/** Numbers from a seed, the same on every machine. */
export function chanceOf(seed: number): Chance {
  let state = Math.imul(seed + 1, 0x9e_37_79_b1) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), state | 1) + 0x6d_2b_79_f5) >>> 0;
    return ((state ^ (state >>> 14)) >>> 0) % below;
  };
}

/** Each call has a tool of its own, so that providers that pair by name can tell them apart. */
function nameOf(id: string): string {
  return `tool_${id}`;
}

/** A host that speaks to Gemini knows that two of the user's contents do not follow each other. */
function mergesUser(provider: Provider, last: unknown, next: unknown): boolean {
  return provider === 'gemini' && isUser(last) && isUser(next);
}

function isUser(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'role' in content && content.role === 'user';
}

function merged(list: readonly unknown[], next: unknown): unknown[] {
  const parts = [list.at(-1), next].flatMap((content) => (content as { parts: unknown[] }).parts);
  return [...list.slice(0, -1), { role: 'user', parts }];
}
