/** What the real programs printed, with a scripted model behind them (but for Cursor's), and what is made of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Said } from '../../../../src/carriers/command/dialects/dialect.ts';
import { captured, hear, type Spoken } from './hearing.ts';

const CURSOR_SESSION = 'c6b62c6f-7ead-4fd6-9922-e952131177ff';

/** As the documentation of its output format has them, shortened. */
const CURSOR_TOOL = [
  { type: 'system', subtype: 'init', apiKeySource: 'login', cwd: '/w', session_id: CURSOR_SESSION, model: 'Auto' },
  { type: 'user', message: { role: 'user', content: [{ type: 'text', text: 'Read it.' }] } },
  { type: 'thinking', subtype: 'delta', text: 'Hm', session_id: CURSOR_SESSION },
  { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'I look first. ünï 🚀' }] } },
  { type: 'tool_call', subtype: 'started', call_id: 'a\nb', tool_call: { readToolCall: { args: { path: 'x' } } } },
  { type: 'tool_call', subtype: 'started', call_id: 'c', tool_call: { function: { name: 'grep', arguments: '{}' } } },
  {
    type: 'tool_call',
    subtype: 'completed',
    call_id: 'a\nb',
    tool_call: { readToolCall: { result: { success: {} } } },
  },
  { type: 'tool_call', subtype: 'completed', call_id: 'c', tool_call: { function: { name: 'grep' } } },
  { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'Done: hello' }] } },
  {
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: 'I look first. Done: hello',
    session_id: CURSOR_SESSION,
  },
].map((line) => JSON.stringify(line));

const FIRST = 'I look first. ünï 🚀';

describe('the work of an agent that uses a tool', () => {
  test('claude tells each step and gives its result, its cost and its session', () => {
    const { told, said } = hear('claude', captured('claude-tool'));
    assert.deepEqual(told, [
      { message: FIRST, inTool: false },
      { message: 'Bash: Say hello', inTool: true },
      { inTool: false },
      { message: 'It said: hello', inTool: false },
    ]);
    assert.deepEqual(said, {
      text: 'It said: hello',
      usage: { inputTokens: 2, outputTokens: 2, costUsd: 0.000047999999999999994 },
      session: 'f918baf9-81de-4187-bb80-8556409e091e',
    });
  });

  test('codex tells each step and gives its last message', () => {
    const { told, said } = hear('codex', captured('codex-tool'));
    assert.deepEqual(told.slice(1), [
      { message: 'Thinking about it', inTool: false },
      { message: FIRST, inTool: false },
      { message: 'runs a command', inTool: true },
      { inTool: false },
      { message: 'Done: hello', inTool: false },
    ]);
    assert.match(told[0]?.message ?? '', /^Model metadata for `gpt-5\.2` not found/u);
    assert.deepEqual(said, {
      text: 'Done: hello',
      usage: { inputTokens: 22, outputTokens: 14 },
      session: '01a1ff6c-03f0-7512-a6fb-fcfdead85909',
    });
  });

  test('gemini tells what it says as it grows, and gives what it said after its last tool', () => {
    const { told, said } = hear('gemini', captured('gemini-tool'));
    assert.deepEqual(told, [
      { message: 'I look', inTool: false },
      { message: FIRST, inTool: false },
      { message: 'run_shell_command: say hello', inTool: true },
      { inTool: false },
      { message: 'Done:', inTool: false },
      { message: 'Done: hello', inTool: false },
    ]);
    assert.deepEqual(said, {
      text: 'Done: hello',
      usage: { inputTokens: 22, outputTokens: 14 },
      session: 'dad17d25-6414-45f0-9117-042e28f5c07e',
    });
  });

  test('opencode may be in a tool whenever it is silent, and gives what it said in its last step', () => {
    const { told, said } = hear('opencode', captured('opencode-tool'));
    assert.deepEqual(told, [
      { message: FIRST, inTool: true },
      { message: 'bash: say hello', inTool: true },
      { message: 'Done: hello', inTool: true },
    ]);
    assert.deepEqual(said, {
      text: 'Done: hello',
      usage: { inputTokens: 22, outputTokens: 14, costUsd: 0.00005 },
      session: 'ses_e0092b6efffeDGchBUZbyg0HIE',
    });
  });

  test('cursor tells each tool while any of them runs', () => {
    const { told, said } = hear('cursor', CURSOR_TOOL);
    assert.deepEqual(told, [
      { message: FIRST, inTool: false },
      { message: 'read', inTool: true },
      { message: 'grep', inTool: true },
      { inTool: true },
      { inTool: false },
      { message: 'Done: hello', inTool: false },
    ]);
    assert.deepEqual(said, { text: 'I look first. Done: hello', session: CURSOR_SESSION });
  });

  const streams: [Spoken, string[]][] = [
    ['claude', captured('claude-tool')],
    ['codex', captured('codex-tool')],
    ['gemini', captured('gemini-tool')],
    ['gemini', captured('gemini-json')],
    ['opencode', captured('opencode-tool')],
    ['cursor', CURSOR_TOOL],
  ];

  test('is no success wherever the stream is cut short', () => {
    for (const [name, lines] of streams) {
      for (let kept = 0; kept < lines.length; kept += 1) {
        const { said } = hear(name, lines.slice(0, kept));
        assert.match(said.error ?? '', /ended without saying how it went/u, `${name}, ${kept} lines`);
      }
      assert.equal(hear(name, lines).said.error, undefined, name);
    }
  });

  test('keeps what was said when it is cut short', () => {
    for (const [name, lines] of streams.filter(([, all]) => all.join('').includes('Done: hello'))) {
      assert.match(hear(name, lines.slice(0, -1)).said.text, /Done: hello/u, name);
    }
    const [, ...rest] = captured('claude-tool').toReversed();
    assert.equal(hear('claude', rest.toReversed()).said.text, 'It said: hello');
  });

  test('is read through banners, blank lines and other JSON', () => {
    const junk = [
      '',
      'Loaded cached credentials.',
      '{ not json',
      '[1, 2',
      '[]',
      '{}',
      '42',
      '{"type":7}',
      '{"type":"x"}',
    ];
    for (const [name, lines] of streams.filter(([, all]) => all[0] !== '{')) {
      const mixed = lines.flatMap((line) => [...junk, `  ${line}\r`]);
      assert.deepEqual(hear(name, [...mixed, ...junk]), hear(name, lines), name);
    }
  });
});

describe('claude', () => {
  test('prints one result, or a list of everything, as json', () => {
    const { told, said } = hear('claude', captured('claude-json'));
    assert.deepEqual(told, []);
    assert.equal(said.text, 'Plain answer.');
    assert.equal(said.error, undefined);
    assert.equal(hear('claude', captured('claude-list')).said.text, 'Plain answer.');
  });

  test('is read once where it prints its pieces as well', () => {
    const { told, said } = hear('claude', captured('claude-pieces'));
    assert.deepEqual(told, [{ message: 'Partial.', inTool: false }]);
    assert.equal(said.text, 'Partial.');
  });

  test('fails with its words, and may be tried again, when the model is not reached', () => {
    const { told, said } = hear('claude', captured('claude-unreachable'));
    assert.deepEqual(told[0], { message: 'the model did not answer (unknown), tries again', inTool: false });
    assert.match(said.error ?? '', /^claude: API Error: Connection refused/u);
    assert.equal(said.retryable, true);
    assert.equal(said.text, '');
  });

  test('fails when it has had its turns', () => {
    const { error, retryable } = hear('claude', captured('claude-turns')).said;
    assert.equal(error, 'claude (error_max_turns): Reached maximum number of turns (2)');
    assert.equal(retryable, undefined);
  });

  test('tells that a tool was not permitted', () => {
    const { told, said } = hear('claude', captured('claude-denied'));
    assert.ok(told.some(({ message }) => message === 'Bash was not permitted'));
    assert.equal(said.text, 'denied it was');
  });

  test('may be tried again by the status with which the model refused', () => {
    const statuses: [number, boolean][] = [
      [400, false],
      [401, false],
      [429, true],
      [529, true],
    ];
    for (const [status, retryable] of statuses) {
      const line = {
        type: 'result',
        subtype: 'success',
        is_error: true,
        api_error_status: status,
        result: 'API Error',
      };
      assert.equal(hear('claude', [JSON.stringify(line)]).said.retryable, retryable, String(status));
    }
  });

  test('is not taken at the word of its subagents', () => {
    const line = (text: string, parent: string | null) =>
      JSON.stringify({ type: 'assistant', parent_tool_use_id: parent, message: { content: [{ type: 'text', text }] } });
    const { told, said } = hear('claude', [line('mine', null), line('of another', 'toolu_1')]);
    assert.equal(told.length, 2);
    assert.equal(said.text, 'mine');
  });

  test('counts cached tokens among those that went in', () => {
    const usage = { input_tokens: 3, cache_creation_input_tokens: 100, cache_read_input_tokens: 20, output_tokens: 7 };
    const line = { type: 'result', subtype: 'success', is_error: false, result: 'x', usage };
    assert.deepEqual(hear('claude', [JSON.stringify(line)]).said.usage, { inputTokens: 123, outputTokens: 7 });
  });
});

describe('codex', () => {
  test('fails with the words of its turn', () => {
    const said = hear('codex', captured('codex-fail')).said;
    assert.match(said.error ?? '', /^codex: \{"error":\{"message":"bad request it is"/u);
  });

  test('is not done, and has not failed, while it connects again', () => {
    const lines = captured('codex-down');
    assert.match(hear('codex', lines.slice(0, 4)).said.error ?? '', /ended without.*Reconnecting\.\.\. 1\/1/u);
    assert.match(hear('codex', lines).said.error ?? '', /^codex: We’re currently experiencing high demand/u);
    const recovered = [...lines.slice(0, 4), ...captured('codex-tool').slice(-2)];
    assert.deepEqual(
      [hear('codex', recovered).said.text, hear('codex', recovered).said.error],
      ['Done: hello', undefined],
    );
  });

  test('tells its steps, its files and its tools by name', () => {
    const items: [object, string][] = [
      [{ type: 'file_change', changes: [{ path: 'a', kind: 'add' }] }, 'changes files: 1'],
      [{ type: 'mcp_tool_call', server: 'docs', tool: 'search', arguments: { q: 'secret' } }, 'docs.search'],
      [{ type: 'web_search', query: 'haiku' }, 'searches the web: haiku'],
      [{ type: 'collab_tool_call' }, 'collab_tool_call'],
    ];
    for (const [item, message] of items) {
      const line = JSON.stringify({ type: 'item.started', item: { id: 'item_1', ...item } });
      assert.deepEqual(hear('codex', [line]).told, [{ message, inTool: true }]);
    }
    const change = JSON.stringify({
      type: 'item.completed',
      item: { id: 'item_1', type: 'file_change', changes: [1, 2] },
    });
    assert.deepEqual(hear('codex', [change]).told, [{ message: 'changes files: 2', inTool: false }]);
    assert.deepEqual(hear('codex', [change.replace('completed', 'started'), change]).told, [
      { message: 'changes files: 2', inTool: true },
      { inTool: false },
    ]);
    const steps = [
      { text: 'one', completed: true },
      { text: 'two', completed: false },
    ];
    const line = JSON.stringify({ type: 'item.updated', item: { id: 'item_1', type: 'todo_list', items: steps } });
    assert.deepEqual(hear('codex', [line]).told, [{ message: '1 of 2 steps done: two', inTool: false }]);
  });
});

describe('gemini', () => {
  test('prints one object over many lines as json', () => {
    const lines = ['Loaded cached credentials.', '{', ...captured('gemini-json'), 'Bye.', '}'];
    assert.deepEqual(hear('gemini', lines), {
      told: [],
      said: {
        text: 'Plain.',
        usage: { inputTokens: 11, outputTokens: 7 },
        session: 'abdc650b-f389-4461-9788-e4106ea50f6c',
      },
    });
  });

  test('fails with the words of its result', () => {
    const { error, text } = hear('gemini', captured('gemini-fail')).said;
    assert.match(error ?? '', /^gemini: \[API Error: .*bad request it is/u);
    assert.equal(text, '');
  });

  test('fails with the words of the object that it prints as json', () => {
    const lines = JSON.stringify({ session_id: 's', error: { type: 'Error', message: 'No.', code: 1 } }, null, 2);
    assert.deepEqual(hear('gemini', lines.split('\n')).said, { text: '', error: 'gemini: No.', session: 's' });
  });

  test('fails with the last trouble it told of where its result has no words', () => {
    const lines = ['{"type":"error","severity":"error","message":"Empty."}', '{"type":"result","status":"error"}'];
    assert.equal(hear('gemini', lines).said.error, 'gemini: Empty.');
  });
});

describe('opencode', () => {
  test('fails with its words, and says whether to try again', () => {
    const { said } = hear('opencode', captured('opencode-fail'));
    assert.equal(said.error, 'opencode: bad request it is');
    assert.equal(said.retryable, false);
  });

  test('has not succeeded when it ends because a tool was not permitted', () => {
    const { error, text } = hear('opencode', captured('opencode-not-permitted')).said;
    assert.match(error ?? '', /^opencode ended without.*The user rejected permission/u);
    assert.equal(text, FIRST);
  });

  test('has not succeeded when its model was cut short', () => {
    const step = JSON.stringify({ type: 'step_finish', part: { reason: 'length' } });
    const text = JSON.stringify({ type: 'text', part: { text: 'Half of' } });
    const { said } = hear('opencode', [text, step]);
    assert.deepEqual(said, { text: 'Half of', error: 'opencode: the model was cut short (length)' } satisfies Said);
  });

  test('gives all it said in a step', () => {
    assert.equal(hear('opencode', captured('opencode-reasoning')).said.text, 'AB');
    const text = (words: string) => JSON.stringify({ type: 'text', part: { text: words } });
    const step = JSON.stringify({ type: 'step_finish', part: { reason: 'stop' } });
    assert.equal(hear('opencode', [text('one'), text('two'), step]).said.text, 'one\ntwo');
  });
});

describe('cursor', () => {
  test('prints the result alone as json', () => {
    const { told, said } = hear('cursor', CURSOR_TOOL.slice(-1));
    assert.deepEqual(told, []);
    assert.equal(said.text, 'I look first. Done: hello');
  });

  test('fails with its words, if ever its result is an error', () => {
    const line = JSON.stringify({ type: 'result', subtype: 'error', is_error: true, result: 'No.' });
    assert.equal(hear('cursor', [line]).said.error, 'cursor-agent (error): No.');
  });
});
