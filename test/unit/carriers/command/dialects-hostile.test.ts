/** Whatever a program prints, its reader does not throw, and tells and keeps no more than anybody will read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { DIALECTS } from '../../../../src/carriers/command/dialects/dialect.ts';
import { hear, type Heard, type Spoken } from './hearing.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const NAMES = Object.keys(DIALECTS) as Spoken[];
const TYPES = [
  ...['system', 'assistant', 'user', 'result', 'tool_call', 'thinking'],
  ...['thread.started', 'turn.started', 'turn.completed', 'turn.failed', 'item.started', 'item.completed', 'error'],
  ...['init', 'message', 'tool_use', 'tool_result', 'step_start', 'step_finish', 'text', 'reasoning'],
  ...['progress', 'ask', 'fail', 'constructor', '__proto__', 'toString'],
];
const MEMBERS = [
  ...['subtype', 'message', 'content', 'text', 'result', 'is_error', 'errors', 'usage', 'session_id', 'item', 'items'],
  ...['error', 'part', 'reason', 'tokens', 'state', 'tool_call', 'call_id', 'id', 'name', 'input', 'role', 'status'],
  ...['stats', 'models', 'parts', 'percent', 'question', 'retryable', 'in_tool', 'data', 'response', '__proto__'],
];
const DEEP = 50_000;

/** An object with the members that readers look for, and anything at all in them, their own kind included. */
const { event } = fc.letrec<{ event: object; value: unknown }>((tie) => ({
  event: fc
    .tuple(fc.constantFrom(...TYPES), fc.dictionary(fc.constantFrom(...MEMBERS), tie('value'), { maxKeys: 8 }))
    .map(([type, members]) => ({ ...members, type })),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('success', 'error', 'started', 'completed', 'agent_message', 'assistant', 'stop', 'tool-calls'),
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'binary', maxLength: 700 }),
    tie('event'),
    fc.array(tie('event'), { maxLength: 3 }),
  ),
}));
const line = fc.oneof(
  { weight: 6, arbitrary: event.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.array(event, { maxLength: 3 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom('{', '}', '[', '{"type":', '\u0000', '\uFEFF{}') },
);

function isWell({ told, said }: Heard): void {
  for (const { message, percent, inTool } of told) {
    assert.ok(message === undefined || (message.length > 0 && message.length <= 500), message);
    assert.doesNotMatch(message ?? '', /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.ok(percent === undefined || (percent >= 0 && percent <= 100));
    assert.ok(inTool === undefined || typeof inTool === 'boolean');
  }
  assert.equal(typeof said.text, 'string');
  assert.ok((said.error ?? 'x').length > 0 && (said.error ?? '').length < 4200);
  assert.ok((said.session ?? '').length <= 1024);
  assert.ok(said.question === undefined || said.error === undefined);
  for (const count of [said.usage?.inputTokens, said.usage?.outputTokens]) {
    assert.ok(count === undefined || Number.isSafeInteger(count));
  }
  // What comes out is walked by others, who recurse.
  JSON.stringify(said);
}

/** Of what is still in use. */
function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

describe('a reader of any dialect', () => {
  test('takes any lines in any order, and none of them is too much for it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.array(line, { maxLength: 12 }), (name, lines) => {
        const heard = hear(name, lines);
        isWell(heard);
        const size = lines.join('\n').length;
        assert.ok(heard.said.text.length <= size, 'more text than came in');
      }),
      { numRuns: 700 },
    );
  });

  test('takes a line that is nested without end, open or closed', () => {
    const nests = [
      '['.repeat(DEEP),
      '['.repeat(DEEP) + ']'.repeat(DEEP),
      `${'{"message":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
    ];
    const places = [
      ['result', 'parts'],
      ['result', 'usage'],
      ['assistant', 'message'],
      ['item.started', 'item'],
      ['tool_use', 'part'],
      ['tool_call', 'tool_call'],
    ];
    const lines = places.flatMap(([type, member]) => nests.map((nest) => `{"type":"${type}","${member}":${nest}}`));
    for (const name of NAMES) {
      isWell(hear(name, [...nests, ...lines]));
    }
    const parts = `{"type":"result","parts":[${nests[1] ?? ''}]}`;
    isWell(hear('errand', [parts]));
  });

  test('takes a line of 10 MB, and tells 500 characters of it', () => {
    const long = 'é'.repeat(5_000_000);
    const words = { text: long, content: [{ type: 'text', text: long.slice(0, 10) }] };
    const lines = [
      { type: 'progress', message: long },
      { type: 'text', part: { text: long } },
      { type: 'message', role: 'assistant', content: long },
      { type: 'item.completed', item: { type: 'agent_message', ...words } },
      { type: 'assistant', message: { content: [{ type: 'text', text: long }] } },
      { type: 'error', message: long, error: { message: long } },
      { type: 'thread.started', thread_id: long, session_id: long, sessionID: long },
    ].map((one) => JSON.stringify(one));
    for (const name of NAMES) {
      const heard = hear(name, lines);
      isWell(heard);
      assert.ok(
        heard.told.some(({ message }) => message?.length === 500 && message.endsWith('…')),
        name,
      );
    }
  });

  test('is not misled by members that stand on every prototype', () => {
    const lines = [
      '{"__proto__":{"type":"result","subtype":"success","result":"stolen"}}',
      '{"__proto__":{"type":"turn.completed"}}',
      '{"type":"result","__proto__":{"subtype":"success","status":"success","result":"stolen","text":"stolen"}}',
      '{"constructor":{"type":"result"}}',
    ];
    for (const name of NAMES.filter((one) => one !== 'errand')) {
      const { said } = hear(name, lines);
      assert.notEqual(said.error, undefined, name);
      assert.doesNotMatch(said.text, /stolen/u);
    }
  });

  test('keeps nothing of a hundred thousand lines that it has told', () => {
    const events: Record<Spoken, object> = {
      errand: { type: 'progress', message: 'on it', percent: 1 },
      claude: { type: 'assistant', message: { content: [{ type: 'tool_use', id: '?', name: 'Bash' }] } },
      codex: { type: 'item.started', item: { id: '?', type: 'command_execution' } },
      gemini: { type: 'tool_use', tool_id: '?', tool_name: 'x' },
      opencode: { type: 'tool_use', part: { tool: 'bash', state: { status: 'completed' } } },
      cursor: { type: 'tool_call', subtype: 'started', call_id: '?', tool_call: { shellToolCall: {} } },
    };
    for (const name of NAMES) {
      const reader = DIALECTS[name].open();
      const one = JSON.stringify({ ...events[name], more: 'x'.repeat(500) });
      const before = heapUsed();
      for (let at = 0; at < 100_000; at += 1) {
        reader.hear(one.replace('?', `id-${at}`));
      }
      const grown = heapUsed() - before;
      assert.ok(grown < 1_000_000, `${name} grew by ${grown} bytes over 50 MB`);
      assert.equal(reader.end().text, '');
    }
  });

  test('gathers a million small pieces for little more than they say', () => {
    const reader = DIALECTS.errand.open();
    for (let at = 0; at < 1_000_000; at += 1) {
      reader.hear('x');
    }
    assert.equal(reader.end().text.length, 1_999_999);
  });
});
