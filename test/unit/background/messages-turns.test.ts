/**
 * Turns in message lists: where one may be put, in which shape, and that whatever breaks a pair is found.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checkMessages,
  mayTakeTurn,
  PROVIDERS,
  withTurn,
  type Provider,
} from '../../../src/background/messages/index.ts';
import { ErrandError } from '../../../src/core/error.ts';
import { bareTurn, chanceOf, converse, type Conversation } from '../../support/messages/conversation.ts';
import { CASES } from '../../support/messages/index.ts';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const TURN = 'A background task has ended.';

for (const provider of PROVIDERS) {
  describe(`turns for ${provider}`, () => {
    test('stay legal wherever they may be put, and leave the past as it was', () => {
      let turns = 0;
      let refusals = 0;
      for (const seed of SEEDS) {
        const chance = chanceOf(seed + 1000);
        const { list } = converse(provider, seed, (soFar) => {
          if (!mayTakeTurn(soFar, provider)) {
            assert.throws(() => withTurn(soFar, TURN, provider), notNow);
            refusals += 1;
            return soFar;
          }
          assert.deepEqual(checkMessages(soFar, provider), [], `seed ${seed}`);
          if (chance(3) > 0) {
            return soFar;
          }
          turns += 1;
          return followed(soFar, provider);
        });
        assert.deepEqual(checkMessages(list, provider), [], `seed ${seed}`);
      }
      assert.ok(turns > 200 && refusals > 200, `${turns} turns, ${refusals} refusals`);
    });

    test('that come after a legal list leave a legal one, or are refused', () => {
      for (const { title, list } of CASES.filter((one) => one.provider === provider && one.breaks.length === 0)) {
        if (mayTakeTurn(list, provider)) {
          assert.deepEqual(checkMessages(followed(list, provider), provider), [], title);
        } else {
          assert.throws(() => withTurn(list, TURN, provider), notNow, title);
        }
      }
    });

    test('may open a list, and say something', () => {
      assert.equal(mayTakeTurn([], provider), true);
      assert.deepEqual(checkMessages(withTurn([], TURN, provider), provider), []);
      assert.throws(() => withTurn([], ' \n', provider), { code: 'invalid_request' });
      assert.throws(() => withTurn([], undefined as unknown as string, provider), { code: 'invalid_request' });
    });

    test('put between a call and its results are found, wherever', () => {
      forEachBroken(provider, ({ list, rounds }) =>
        rounds.flatMap(({ calls, results }) => {
          const from = calls.at(-1) ?? 0;
          const spots = Array.from({ length: (results.at(-1) ?? 0) - from }, (_, step) => from + 1 + step);
          return spots.map((at) => list.toSpliced(at, 0, bareTurn(provider)));
        }),
      );
    });

    test('and lists that have lost a result, a call, or their order are told apart', () => {
      forEachBroken(provider, ({ list, rounds }) =>
        rounds.flatMap(({ calls, results }) => [
          ...results.map((at) => list.toSpliced(at, 1)),
          ...calls.map((at) => list.toSpliced(at, 1)),
          ...results.map((at) => list.toSpliced(at, 0, list[at])),
          list.with(calls[0] ?? 0, list[results.at(-1) ?? 0]).with(results.at(-1) ?? 0, list[calls[0] ?? 0]),
          ...results.flatMap((at) => partsBroken(list, at)),
        ]),
      );
    });
  });
}

test('a turn that has to wait says for which call', () => {
  const list = [{ role: 'assistant', content: null, tool_calls: [{ id: 'call_7' }] }];
  assert.throws(
    () => withTurn(list, TURN, 'openai-chat'),
    (error) =>
      error instanceof ErrandError &&
      /never put between a tool call and its result, and has to wait: the call "call_7" in message 0/u.test(
        error.message,
      ),
  );
});

test('a turn after the user’s content becomes its part for Gemini, and a message of its own for the others', () => {
  const content = { role: 'user', parts: [{ text: 'Go on.' }] };
  assert.deepEqual(withTurn([content], TURN, 'gemini'), [
    { role: 'user', parts: [{ text: 'Go on.' }, { text: TURN }] },
  ]);
  assert.deepEqual(content, { role: 'user', parts: [{ text: 'Go on.' }] });
  const message = { role: 'user', content: 'Go on.' };
  for (const provider of ['openai-chat', 'openai-responses', 'anthropic', 'ai-sdk'] as const) {
    assert.deepEqual(withTurn([message], TURN, provider), [message, { role: 'user', content: TURN }]);
  }
  assert.deepEqual(withTurn([], TURN, 'langchain'), [{ type: 'human', content: TURN }]);
});

test('a turn waits for what is no call, too: a call without an id, an approval, a tool of the server, a system message, function responses, reasoning', () => {
  const user = { role: 'user', content: 'Go on.' };
  const approval = [
    {
      role: 'assistant',
      content: [
        { type: 'tool-call', toolCallId: 'a' },
        { type: 'tool-approval-request', approvalId: 'ok', toolCallId: 'a' },
      ],
    },
    { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'ok', approved: true }] },
  ];
  assert.equal(mayTakeTurn(approval, 'ai-sdk'), false);
  assert.equal(mayTakeTurn([{ role: 'assistant', tool_calls: [{}] }], 'openai-chat'), false);
  const searching = { role: 'assistant', content: [{ type: 'server_tool_use', id: 's' }] };
  assert.equal(mayTakeTurn([user, searching], 'anthropic'), false);
  assert.equal(mayTakeTurn([user, { role: 'system', content: 'Be brief.' }], 'anthropic'), false);
  const response = { functionResponse: { name: 'look', response: {} } };
  const round = [
    { role: 'user', parts: [{ text: 'Go on.' }] },
    { role: 'model', parts: [{ functionCall: { name: 'look', args: {} } }] },
    { role: 'user', parts: [response] },
  ];
  assert.deepEqual(checkMessages(round, 'gemini'), []);
  assert.equal(mayTakeTurn(round, 'gemini'), false);
  assert.equal(mayTakeTurn([user, { type: 'reasoning', id: 'rs', summary: [] }], 'openai-responses'), false);
});

/** The list with a turn, after looking that nothing before it has changed. */
function followed(list: readonly unknown[], provider: Provider): unknown[] {
  const before = JSON.stringify(list);
  const after = withTurn(list, TURN, provider);
  assert.notEqual(after, list);
  assert.equal(JSON.stringify(list), before);
  const kept = after.length > list.length ? list.length : list.length - 1;
  assert.ok(list.slice(0, kept).every((message, index) => after[index] === message));
  assert.ok(after.length === list.length + 1 || provider === 'gemini');
  return after;
}

function notNow(error: unknown): boolean {
  return error instanceof ErrandError && error.code === 'not_now';
}

function forEachBroken(provider: Provider, broken: (conversation: Conversation) => unknown[][]): void {
  let count = 0;
  for (const seed of SEEDS.slice(0, 100)) {
    for (const list of broken(converse(provider, seed))) {
      count += 1;
      assert.ok(checkMessages(list, provider).length > 0, `seed ${seed}: ${JSON.stringify(list)}`);
    }
  }
  assert.ok(count > 100);
}

/** Where one message holds all results: each of them dropped, and each given twice. */
function partsBroken(list: readonly unknown[], at: number): unknown[][] {
  const message = list[at] as Record<string, unknown>;
  const key = ['content', 'parts'].find((name) => Array.isArray(message[name]));
  const parts = key === undefined ? [] : (message[key] as unknown[]);
  return parts.flatMap((part, index) => [
    list.with(at, { ...message, [key ?? '']: parts.toSpliced(index, 1) }),
    list.with(at, { ...message, [key ?? '']: parts.toSpliced(index, 0, part) }),
  ]);
}
