/** What Gemini takes, and what it refuses. */
import { illegal, legal, type Case } from './case.ts';

function user(...parts: unknown[]) {
  return { role: 'user', parts: parts.length > 0 ? parts : [{ text: 'Go on.' }] };
}

function model(...parts: unknown[]) {
  return { role: 'model', parts: parts.length > 0 ? parts : [{ text: 'Done.' }] };
}

function call(name: string, id?: string) {
  return { functionCall: { name, args: {}, ...(id === undefined ? {} : { id }) } };
}

function response(name: string, id?: string) {
  return { functionResponse: { name, response: { output: 'seen' }, ...(id === undefined ? {} : { id }) } };
}

const text = { text: 'Well.' };

export const gemini: readonly Case[] = [
  ...legal('gemini', {
    'a question': [user()],
    'a conversation': [user(), model(), user(), model()],
    'a call and its response': [user(), model(text, call('look')), user(response('look')), model()],
    'two calls of one name': [user(), model(call('look'), call('look')), user(response('look'), response('look'))],
    'calls matched by id': [
      user(),
      model(call('look', '1'), call('look', '2')),
      user(response('look', '2'), response('look', '1')),
    ],
    'a response without the id of its call': [
      user(),
      model(call('look', '1'), call('find', '2')),
      user(response('find'), response('look', '1')),
    ],
    'a turn as a part beside the responses': [user(), model(call('look')), user(response('look'), text), model()],
    'snake case': [
      user(),
      model({ function_call: { name: 'look', args: {} } }),
      user({ function_response: { name: 'look', response: {} } }),
    ],
    'an empty text that carries a signature': [
      user(),
      model(call('look')),
      user(response('look')),
      model(text, { text: '', thoughtSignature: 'c2ln' }),
    ],
  }),
  ...illegal('gemini', {
    nothing: [[], 'empty-list'],
    'the model first': [[model(), user()], 'first'],
    'two of the user’s in a row': [[user(), user()], 'alternate'],
    'two of the model’s in a row': [[user(), model(), model()], 'alternate'],
    'a call without a response': [[user(), model(call('look'))], 'unanswered-call'],
    'too few responses': [[user(), model(call('look'), call('look')), user(response('look'))], 'unanswered-call'],
    'too many responses': [[user(), model(call('look')), user(response('look'), response('look'))], 'unknown-result'],
    'a response of another name': [
      [user(), model(call('look')), user(response('find'))],
      'unknown-result',
      'unanswered-call',
    ],
    'a response of another id': [
      [user(), model(call('look', '1')), user(response('look', '2'))],
      'unknown-result',
      'unanswered-call',
    ],
    'two responses with ids to one call without': [
      [user(), model(call('look'), call('look', '1')), user(response('look', '2'), response('look', '3'))],
      'unknown-result',
      'unanswered-call',
    ],
    'a response to nothing': [[user(), model(), user(response('look'))], 'unknown-result'],
    'a turn between a call and its response': [
      [user(), model(call('look')), user(), user(response('look'))],
      'unanswered-call',
      'alternate',
      'unknown-result',
    ],
    'responses spread over two contents': [
      [user(), model(call('look'), call('find')), user(response('look')), user(response('find'))],
      'unanswered-call',
      'alternate',
      'unknown-result',
    ],
    'a call of the user’s': [[user(call('look'))], 'order'],
    'a response of the model’s': [[user(), model(response('look'))], 'order'],
    'no parts': [[{ role: 'user', parts: [] }, { role: 'model' }], 'empty-content', 'empty-content'],
    'a part with nothing in it': [[user({}), model({ text: '' })], 'empty-content', 'empty-content'],
    'a role of another provider': [[user(), { role: 'assistant', parts: [text] }], 'role'],
    'a system message': [[{ role: 'system', parts: [text] }, user()], 'role'],
  }),
];
