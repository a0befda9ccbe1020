/**
 * Message lists out of the words of all providers and of values that break whoever trusts them, put together at random.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkMessages, mayTakeTurn, PROVIDERS, withTurn } from '../../../src/background/messages/index.ts';

const KEYS = [
  ...['role', 'type', 'content', 'parts', 'text', 'id', 'name', 'call_id', 'tool_calls', 'tool_call_id', 'tool_use_id'],
  ...['functionCall', 'functionResponse', 'toolCallId', 'toolName', 'providerExecuted', 'approvalId', 'length'],
];

const WORDS = [
  ...['user', 'assistant', 'model', 'tool', 'system', 'human', 'ai', 'message', 'text', 'a', 'b', '', ' ', '__proto__'],
  ...['tool_use', 'tool_result', 'server_tool_use', 'web_search_tool_result', 'function_call', 'function_call_output'],
  ...['reasoning', 'item_reference', 'tool-call', 'tool-result', 'tool-approval-request', 'tool-approval-response'],
];

const traps = new Proxy(
  {},
  {
    get() {
      throw new Error('a trap');
    },
    ownKeys() {
      throw new Error('a trap');
    },
  },
);

const word = fc.constantFrom<unknown>(...WORDS);
const odd = fc.constantFrom<unknown>(undefined, null, 7, 1n, true, Symbol('odd'), Object.create(null), () => 7, traps);
const { thing } = fc.letrec<{ thing: unknown; object: object; list: unknown[] }>((tie) => ({
  thing: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 6, arbitrary: word },
    { weight: 1, arbitrary: odd },
    { weight: 3, arbitrary: tie('object') },
    { weight: 3, arbitrary: tie('list') },
  ),
  object: fc.dictionary(fc.constantFrom(...KEYS), tie('thing'), { maxKeys: 6 }),
  list: fc.array(tie('thing'), { maxLength: 4 }),
}));
/** Oftener than by chance a message with a role and a content, so that rules are reached. */
const message = fc.oneof(
  thing,
  fc.record({ role: word, type: word, content: thing, parts: fc.array(thing, { maxLength: 3 }) }),
  fc.record({
    role: fc.constantFrom('user', 'assistant', 'model'),
    type: fc.constantFrom('human', 'ai', 'message'),
    content: word,
    parts: fc.constant([{ text: 'Go on.' }]),
  }),
);

for (const provider of PROVIDERS) {
  test(`whatever a list for ${provider} holds, it is judged, and one that is legal stays so with a turn`, () => {
    let legal = 0;
    const check = fc.property(fc.array(message, { maxLength: 5 }), (list) => {
      const faults = checkMessages(list, provider);
      const mayTake = mayTakeTurn(list, provider);
      assert.ok(faults.every((fault) => fault.index >= 0 && fault.index < Math.max(1, list.length)));
      if (mayTake && faults.length === 0) {
        legal += 1;
        assert.deepEqual(checkMessages(withTurn(list, 'It has ended.', provider), provider), []);
      }
      assert.deepEqual(checkMessages(list, provider), faults);
    });
    fc.assert(check, { numRuns: 4000, seed: 11 });
    assert.ok(legal > 20, `${legal} legal lists`);
  });
}
