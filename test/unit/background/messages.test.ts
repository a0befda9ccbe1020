/**
 * Message lists and what their providers say to them: a table of legal and illegal ones, and values that are none.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import {
  checkMessages,
  mayTakeTurn,
  PROVIDERS,
  withTurn,
  type Fault,
  type Provider,
} from '../../../src/background/messages/index.ts';
import { CASES } from '../../support/messages/index.ts';

for (const provider of PROVIDERS) {
  describe(`a message list for ${provider}`, () => {
    for (const { title, list, breaks } of CASES.filter((one) => one.provider === provider)) {
      test(`is ${breaks.length === 0 ? 'legal' : 'refused'} with ${title}`, () => {
        const faults = checkMessages(list, provider);
        assert.deepEqual(
          faults.map(({ rule }) => rule),
          breaks,
          JSON.stringify(faults),
        );
        for (const { index, message } of faults) {
          assert.ok(index >= 0 && index <= list.length);
          assert.match(message, /\.$/u);
        }
      });
    }

    test('that is anything at all is judged without an error', () => {
      for (const value of hostile()) {
        assert.ok(checkMessages(value as readonly unknown[], provider).length > 0, inspect(value));
        assert.equal(typeof mayTakeTurn(value as readonly unknown[], provider), 'boolean');
      }
    });

    test('of a hundred thousand messages is read in one pass, and a longer one is not read', () => {
      const long = Array.from({ length: 100_000 }, (_, index) => saidBy(provider, index % 2 === 0));
      const start = performance.now();
      assert.deepEqual(checkMessages(long, provider), []);
      assert.ok(performance.now() - start < 5000);
      const longer = [...long, saidBy(provider, true)];
      assert.deepEqual(
        checkMessages(longer, provider).map(({ rule }) => rule),
        ['too-long'],
      );
      assert.equal(mayTakeTurn(longer, provider), false);
    });

    test('that is none takes no turn, and its values that are no messages are named', () => {
      assert.equal(mayTakeTurn('user: hello' as unknown as unknown[], provider), false);
      assert.ok(checkMessages([7], provider).some(({ rule }) => rule === 'not-a-message'));
    });

    test('of nothing but faults is reported in a hundred of them', () => {
      assert.equal(checkMessages(Array.from({ length: 5000 }), provider).length, 100);
    });
  });
}

test('a list whose few parts pretend to be millions is not walked', () => {
  const parts = Array.from({ length: 90_000 }, () => ({ type: 'text', text: 'again' }));
  const list = Array.from({ length: 90_000 }, () => ({ role: 'user', content: parts }));
  assert.ok(checkMessages(list, 'anthropic').some(({ rule }) => rule === 'too-long'));
  assert.equal(mayTakeTurn(list, 'anthropic'), false);
});

test('a provider that is none is said to be none', () => {
  for (const name of ['openai', 'toString', '']) {
    const provider = name as Provider;
    assert.deepEqual(
      checkMessages([{ role: 'user', content: 'Go on.' }], provider).map(({ rule }) => rule),
      ['provider'],
    );
    assert.equal(mayTakeTurn([], provider), false);
    assert.throws(() => withTurn([], 'Go on.', provider), { code: 'not_now' });
  }
});

test('an id of any length is cut where it is shown', () => {
  const call = { role: 'assistant', tool_calls: [{ id: 'x'.repeat(1_000_000) }] };
  const faults: Fault[] = checkMessages([call], 'openai-chat');
  assert.ok(faults.length > 0 && faults.every(({ message }) => message.length < 300));
});

/** What no provider takes, some of it made to break whoever reads it. */
function hostile(): unknown[] {
  const cycle: Record<string, unknown> = { role: 'user', type: 'message' };
  cycle['content'] = cycle;
  cycle['parts'] = cycle;
  const ring: unknown[] = [];
  ring.push({ role: 'model', type: 7, content: ring, parts: ring, tool_calls: ring });
  const traps = new Proxy(
    {},
    {
      get() {
        throw new Error('a trap');
      },
    },
  );
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const nothing: unknown = Object.create(null);
  const bare = { type: 'tool-call', id: nothing, toolCallId: nothing, approvalId: nothing, tool_use_id: nothing };
  const endless: unknown[] = [];
  endless.length = 4_000_000_000;
  return [
    undefined,
    null,
    7,
    'user: hello',
    { length: 3 },
    { role: 'user', content: 'Go on.' },
    revoked.proxy,
    [undefined, null, 7, 'text', Symbol('message')],
    [cycle],
    ring,
    [traps],
    new Proxy([{}], { get: () => assert.fail('a trap') }),
    [{ role: 'user', type: 'human', content: revoked.proxy, parts: revoked.proxy }, {}],
    [{ role: 'user', type: 'human', content: [traps], parts: [traps, revoked.proxy] }, {}],
    [Object.create(null)],
    [{ role: 'model', parts: [{ functionCall: { name: Object.create(null), id: Symbol('id') } }] }],
    [{ role: 'assistant', type: 'ai', content: [bare], tool_calls: [bare] }],
    [{ type: 'function_call_output', call_id: Object.create(null) }],
    endless,
    [{ role: {}, type: {}, content: Symbol('content') }],
    [{ role: 'toString', type: ['__proto__'] }],
  ];
}

function saidBy(provider: Provider, isUser: boolean): unknown {
  if (provider === 'gemini') {
    return { role: isUser ? 'user' : 'model', parts: [{ text: 'Go on.' }] };
  }
  return provider === 'langchain'
    ? { type: isUser ? 'human' : 'ai', content: 'Go on.' }
    : { role: isUser ? 'user' : 'assistant', content: 'Go on.' };
}
