/** What Anthropic takes, and what it refuses. */
import { illegal, legal, type Case } from './case.ts';

const user = { role: 'user', content: 'Go on.' };
const said = { role: 'assistant', content: 'Done.' };
const system = { role: 'system', content: 'Now in French.' };
const text = { type: 'text', text: 'Well.' };
const searching = { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} };
const searched = { type: 'web_search_tool_result', tool_use_id: 'srv', content: [] };

function use(id: string) {
  return { type: 'tool_use', id, name: 'look', input: {} };
}

function seen(id: string) {
  return { type: 'tool_result', tool_use_id: id, content: 'seen' };
}

function assistant(...content: unknown[]) {
  return { role: 'assistant', content };
}

function results(...content: unknown[]) {
  return { role: 'user', content };
}

export const anthropic: readonly Case[] = [
  ...legal('anthropic', {
    'a question': [user],
    'one role twice in a row, which is combined': [user, user, said, said, user],
    'a call and its result': [user, assistant(text, use('a')), results(seen('a')), said],
    'parallel calls, answered in another order': [
      user,
      assistant(use('a'), use('b')),
      results(seen('b'), seen('a')),
      said,
    ],
    'words before a call in a message of their own': [user, said, assistant(use('a')), results(seen('a'))],
    'text after the results': [user, assistant(use('a')), results(seen('a'), text), said],
    'a turn after the results': [user, assistant(use('a')), results(seen('a')), user, said],
    'a result without content': [user, assistant(use('a')), results({ type: 'tool_result', tool_use_id: 'a' }), said],
    'a tool of the server': [user, assistant(searching, searched, text), user],
    'a tool of the server that ends in the next response': [
      user,
      assistant(text, searching),
      assistant(searched, text),
      user,
    ],
    'a paused tool of the server': [user, assistant(text, searching)],
    'only results while a tool of the server is pending': [
      user,
      assistant(searching, use('a')),
      results(seen('a')),
      assistant(searched, text),
    ],
    'a system message after the user’s': [user, system, said, user],
    'a system message at the end': [user, said, user, system],
  }),
  ...illegal('anthropic', {
    nothing: [[], 'empty-list'],
    'the assistant first': [[said, user], 'first'],
    'a system message first': [[system, said], 'system-place'],
    'a system message after the assistant': [[user, said, system], 'system-place'],
    'a system message and then the user': [[user, system, user], 'system-place'],
    'two system messages': [[user, system, system], 'system-place', 'system-place'],
    'a call without a result': [[user, assistant(use('a'))], 'unanswered-call'],
    'one of two calls without a result': [
      [user, assistant(use('a'), use('b')), results(seen('a')), said],
      'unanswered-call',
    ],
    'a turn between a call and its result': [
      [user, assistant(use('a')), user, results(seen('a'))],
      'unanswered-call',
      'unknown-result',
    ],
    'text before the results': [
      [user, assistant(use('a')), results(text, seen('a'))],
      'unanswered-call',
      'order',
      'unknown-result',
    ],
    'results spread over two messages': [
      [user, assistant(use('a'), use('b')), results(seen('a')), results(seen('b'))],
      'unanswered-call',
      'unknown-result',
    ],
    'text after a call': [[user, assistant(use('a'), text), results(seen('a'))], 'order'],
    'words of the assistant before the result': [
      [user, assistant(use('a')), said, results(seen('a'))],
      'unanswered-call',
      'unknown-result',
    ],
    'a result before its call': [[results(seen('a')), assistant(use('a'))], 'unknown-result', 'unanswered-call'],
    'a result given twice': [[user, assistant(use('a')), results(seen('a'), seen('a'))], 'answered-twice'],
    'an id used twice': [
      [user, assistant(use('a')), results(seen('a')), assistant(use('a')), results(seen('a'))],
      'duplicate-id',
    ],
    'a call without an id': [[user, assistant({ type: 'tool_use', name: 'look' }), user], 'no-id'],
    'a turn while a tool of the server is pending': [[user, assistant(text, searching), user], 'unanswered-call'],
    'a result of a server’s tool without its call': [[user, assistant(searched)], 'unknown-result'],
    'empty text': [
      [{ role: 'user', content: '' }, assistant({ type: 'text', text: ' \n' })],
      'empty-content',
      'empty-content',
    ],
    'no content': [[user, assistant(), { role: 'user', content: null }], 'empty-content', 'empty-content'],
    'a role of another provider': [[user, { role: 'tool', content: '' }], 'role'],
  }),
];
