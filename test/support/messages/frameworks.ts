/** What the AI SDK and LangChain take, and what they or the providers behind them refuse. */
import { illegal, legal, type Case } from './case.ts';

const user = { role: 'user', content: 'Go on.' };
const said = { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] };
const text = { type: 'text', text: 'Well.' };

function call(toolCallId: string, providerExecuted?: boolean) {
  const part = { type: 'tool-call', toolCallId, toolName: 'look', input: {} };
  return providerExecuted === undefined ? part : { ...part, providerExecuted };
}

function result(toolCallId: string) {
  return { type: 'tool-result', toolCallId, toolName: 'look', output: { type: 'text', value: 'seen' } };
}

function assistant(...content: unknown[]) {
  return { role: 'assistant', content };
}

function tool(...content: unknown[]) {
  return { role: 'tool', content };
}

function asks(toolCallId: string) {
  return { type: 'tool-approval-request', approvalId: `ok-${toolCallId}`, toolCallId };
}

function approves(toolCallId: string) {
  return { type: 'tool-approval-response', approvalId: `ok-${toolCallId}`, approved: true };
}

const sdk: readonly Case[] = [
  ...legal('ai-sdk', {
    'a question': [user],
    'one role twice in a row': [user, user, said, said, user],
    'a call and its result': [user, assistant(text, call('a')), tool(result('a')), said],
    'parallel calls in one tool message or two': [
      user,
      assistant(call('a'), call('b')),
      tool(result('b'), result('a')),
      assistant(call('c'), call('d')),
      tool(result('c')),
      tool(result('d')),
    ],
    'a turn after the results': [user, assistant(call('a')), tool(result('a')), user, said],
    'a call that the provider executed': [user, assistant(call('a', true), result('a'), text), user],
    'a call that the provider still executes': [user, assistant(call('a', true), text), user],
    'an approval at the end, which the next request carries out': [
      user,
      assistant(call('a'), asks('a')),
      tool(approves('a')),
    ],
    'an approval and its result': [
      user,
      assistant(call('a'), asks('a')),
      tool(approves('a')),
      tool(result('a')),
      said,
      user,
    ],
    'a result beside an approval': [user, assistant(call('a'), asks('a')), tool(approves('a'), result('a')), said],
  }),
  ...illegal('ai-sdk', {
    nothing: [[], 'empty-list'],
    'a system message': [[{ role: 'system', content: 'Be brief.' }, user], 'system-place'],
    'a call without a result': [[user, assistant(call('a'))], 'unanswered-call'],
    'one of two calls without a result': [
      [user, assistant(call('a'), call('b')), tool(result('a')), said],
      'unanswered-call',
    ],
    'a turn between a call and its result': [
      [user, assistant(call('a')), user, tool(result('a'))],
      'unanswered-call',
      'unknown-result',
    ],
    'the assistant between a call and its result': [
      [user, assistant(call('a')), said, tool(result('a'))],
      'unanswered-call',
      'unknown-result',
    ],
    'a result that the assistant says': [
      [user, assistant(call('a'), result('a')), user],
      'unknown-result',
      'unanswered-call',
    ],
    'a result nobody asked for': [[user, tool(result('a'))], 'unknown-result'],
    'a result given twice': [[user, assistant(call('a')), tool(result('a'), result('a'))], 'answered-twice'],
    'an approval that nobody gave': [[user, assistant(call('a'), asks('a'))], 'unanswered-call'],
    'an approval and then a turn': [
      [user, assistant(call('a'), asks('a')), tool(approves('a')), user],
      'unanswered-call',
    ],
    'an approval of nothing': [[user, said, tool(approves('a'))], 'approval'],
    'a request for the approval of nothing': [[user, assistant(asks('a'))], 'approval'],
    'no content': [
      [{ role: 'user', content: '' }, assistant(), { role: 'tool' }],
      'empty-content',
      'empty-content',
      'empty-content',
    ],
    'a role of another provider': [[user, { role: 'model', content: '' }], 'role'],
  }),
];

const human = { type: 'human', content: 'Go on.' };
const ai = { type: 'ai', content: 'Done.' };
const system = { type: 'system', content: 'Be brief.' };

function calls(...ids: string[]) {
  return { type: 'ai', content: '', tool_calls: ids.map((id) => ({ id, name: 'look', args: {}, type: 'tool_call' })) };
}

function answer(id: string) {
  return { type: 'tool', tool_call_id: id, content: 'seen' };
}

const assistantSays = { role: 'assistant', content: 'Done.' };

function withRole({ type, ...rest }: { type: string }) {
  return { role: { ai: 'assistant' }[type] ?? type, ...rest };
}

function written({ type, ...kwargs }: { type: string }) {
  const name = `${type === 'ai' ? 'AI' : 'Tool'}Message`;
  return { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', name], kwargs };
}

const langchain: readonly Case[] = [
  ...legal('langchain', {
    'a question': [human],
    'a system message first': [system, human, ai],
    'one role twice in a row': [human, human, ai, ai, human],
    'a call and its result': [human, calls('a'), answer('a'), ai],
    'parallel calls, answered in another order': [human, calls('a', 'b'), answer('b'), answer('a'), ai],
    'a turn after the results': [human, calls('a'), answer('a'), human, ai],
    'content in parts': [{ type: 'human', content: [{ type: 'text', text: 'Look.' }] }],
    'an empty result': [human, calls('a'), { ...answer('a'), content: '' }, ai],
    'roles in the place of types': [user, withRole(calls('a')), withRole(answer('a')), assistantSays, human],
    'what its objects are in JSON': [human, written(calls('a')), written(answer('a')), written(ai), human],
  }),
  ...illegal('langchain', {
    'a call without a result, with roles': [[user, withRole(calls('a'))], 'unanswered-call'],
    'a call without a result, as written to JSON': [[human, written(calls('a')), written(ai)], 'unanswered-call'],
    nothing: [[], 'empty-list'],
    'a system message later': [[human, system, ai], 'system-place'],
    'a call without a result': [[human, calls('a')], 'unanswered-call'],
    'one of two calls without a result': [[human, calls('a', 'b'), answer('a'), ai], 'unanswered-call'],
    'a turn between a call and its result': [
      [human, calls('a'), human, answer('a')],
      'unanswered-call',
      'unknown-result',
    ],
    'a turn between two results': [
      [human, calls('a', 'b'), answer('a'), human, answer('b')],
      'unanswered-call',
      'unknown-result',
    ],
    'a result nobody asked for': [[human, answer('a')], 'unknown-result'],
    'a result given twice': [[human, calls('a'), answer('a'), answer('a')], 'answered-twice'],
    'a call without an id': [[human, calls('')], 'no-id'],
    'no content': [
      [
        { type: 'human', content: ' ' },
        { type: 'ai', content: [] },
      ],
      'empty-content',
      'empty-content',
    ],
    'a type of another kind': [[human, { type: 'remove', id: '1' }], 'role'],
  }),
];

export const frameworks: readonly Case[] = [...sdk, ...langchain];
