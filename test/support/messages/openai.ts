/** What OpenAI's two languages take, and what they refuse. */
import { illegal, legal, type Case } from './case.ts';

const user = { role: 'user', content: 'Go on.' };
const said = { role: 'assistant', content: 'Done.' };
const system = { role: 'system', content: 'Be brief.' };

function call(...ids: string[]) {
  const calls = ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } }));
  return { role: 'assistant', content: null, tool_calls: calls };
}

function result(id: string) {
  return { role: 'tool', tool_call_id: id, content: 'seen' };
}

const chat: readonly Case[] = [
  ...legal('openai-chat', {
    'a question': [user],
    'system messages anywhere': [system, user, system, said, { role: 'developer', content: 'Now in French.' }, user],
    'two of the user’s in a row': [user, user, said, said, user],
    'the assistant first': [said, user],
    'a call and its result': [user, call('a'), result('a'), said],
    'parallel calls, answered in another order': [user, call('a', 'b'), result('b'), result('a'), said],
    'an id that comes back in a later round': [user, call('a'), result('a'), call('a'), result('a'), said],
    'an answer that is an empty text': [user, call('a'), { ...result('a'), content: '' }, said],
    'a refusal instead of content': [user, { role: 'assistant', content: null, refusal: 'No.' }, user],
    parts: [{ role: 'user', content: [{ type: 'text', text: 'Look.' }] }],
    'a turn after a result': [user, call('a'), result('a'), user],
  }),
  ...illegal('openai-chat', {
    nothing: [[], 'empty-list'],
    'a call without a result': [[user, call('a')], 'unanswered-call'],
    'one of two calls without a result': [[user, call('a', 'b'), result('a'), said], 'unanswered-call'],
    'a turn between a call and its result': [[user, call('a'), user, result('a')], 'unanswered-call', 'unknown-result'],
    'a turn between two results': [
      [user, call('a', 'b'), result('a'), user, result('b')],
      'unanswered-call',
      'unknown-result',
    ],
    'a system message in a pair': [[user, call('a'), system, result('a')], 'unanswered-call', 'unknown-result'],
    'a result before its call': [[user, result('a'), call('a'), said], 'unknown-result', 'unanswered-call'],
    'a result nobody asked for': [[user, result('a')], 'unknown-result'],
    'a result given twice': [[user, call('a'), result('a'), result('a')], 'answered-twice'],
    'two calls of one id': [[user, call('a', 'a'), result('a')], 'duplicate-id'],
    'a call without an id': [[user, call(''), said], 'no-id'],
    'a result without an id': [[user, call('a'), { role: 'tool', content: 'seen' }], 'no-id', 'unanswered-call'],
    'an empty list of calls': [[user, call()], 'empty-content'],
    'no content': [[{ role: 'user' }, { role: 'assistant', content: null }], 'empty-content', 'empty-content'],
    'a refusal that is none': [[user, { role: 'assistant', content: null, refusal: null }], 'empty-content'],
    'an empty list of parts': [[{ role: 'user', content: [] }], 'empty-content'],
    'a role of another provider': [[user, { role: 'model', content: 'Done.' }], 'role'],
  }),
];

const fcall = { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'a', output: 'seen' };
const fcallB = { ...fcall, call_id: 'b' };
const outputB = { ...output, call_id: 'b' };
const thought = { type: 'reasoning', id: 'rs_1', summary: [] };

const responses: readonly Case[] = [
  ...legal('openai-responses', {
    'a question': [user],
    'a typed message': [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look.' }] }],
    'system messages anywhere': [system, user, system, said],
    'a call and its output': [user, fcall, output, said],
    'an empty output': [user, fcall, { ...output, output: '' }, said],
    'parallel calls': [user, fcall, fcallB, outputB, output, said],
    'words of the assistant after its call': [user, fcall, said, output],
    'reasoning before a call, and between two': [
      user,
      thought,
      fcall,
      { ...thought, id: 'rs_2' },
      fcallB,
      output,
      outputB,
    ],
    'reasoning that the API did not store': [user, { type: 'reasoning', summary: [] }, user],
    'a tool that the API runs': [user, { type: 'web_search_call', id: 'ws_1', status: 'completed' }, said, user],
    'other kinds of calls': [
      user,
      { type: 'custom_tool_call', call_id: 'a', name: 'x', input: '' },
      { type: 'local_shell_call', id: 'ls', call_id: 'b', action: {} },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'seen' },
      { type: 'local_shell_call_output', id: 'b', output: 'seen' },
    ],
    'an output whose call is stored': [{ type: 'item_reference', id: 'fc_1' }, output, user],
    'a turn after an output': [user, fcall, output, user],
  }),
  ...illegal('openai-responses', {
    nothing: [[], 'empty-list'],
    'a call without an output': [[user, fcall, said], 'unanswered-call'],
    'an output without a call': [[user, output], 'unknown-result'],
    'an output of another kind': [
      [user, fcall, { ...output, type: 'custom_tool_call_output' }],
      'unknown-result',
      'unanswered-call',
    ],
    'an output before its call': [[user, output, fcall], 'unknown-result', 'unanswered-call'],
    'an output given twice': [[user, fcall, output, said, output], 'answered-twice'],
    'an id used twice': [[user, fcall, output, fcall, output], 'duplicate-id'],
    'a call without an id': [[user, { ...fcall, call_id: undefined }], 'no-id'],
    'a turn between a call and its output': [[user, fcall, user, output], 'turn-inside-pair'],
    'a turn after a call that is never answered': [[user, fcall, user], 'turn-inside-pair', 'unanswered-call'],
    'reasoning and then a turn': [[user, thought, user], 'reasoning-alone'],
    'reasoning at the end': [[user, thought], 'reasoning-alone'],
    'no content': [
      [
        { role: 'user', content: null },
        { role: 'user', content: [] },
      ],
      'empty-content',
      'empty-content',
    ],
    'a role of another provider': [[{ role: 'tool', content: 'seen' }], 'role'],
    'a type that is no text': [[user, { type: 7 }], 'not-a-message'],
    'a message of a framework': [[user, { type: 'ai', content: 'Done.' }], 'not-a-message'],
  }),
];

export const openai: readonly Case[] = [...chat, ...responses];
