/**
 * Stands in for Claude Code 2.1.330 with `-p`: lines, options and exit codes as seen there. The task is its loose word,
 * with stdin below it; `stream-json` without `--verbose` is refused. With `json` it prints the result alone.
 */
import { askedOf, fromStdin, print, refuse, wordsOf, type Asked } from './stand-in.ts';

const SESSION = { session_id: '11111111-2222-4333-8444-555555555555' };
const TAKING_VALUES = [
  '--output-format',
  '--model',
  '--allowedTools',
  '--permission-mode',
  '--max-turns',
  '--mcp-config',
];

const { loose, has, valueOf } = wordsOf(process.argv.slice(2), TAKING_VALUES);
const format = valueOf('--output-format') ?? 'text';
const task = [...loose, (await fromStdin()).trim()].filter((word) => word !== '').join('\n');

if (!has('-p', '--print')) {
  refuse('There is no terminal here.', 1);
} else if (task === '') {
  refuse('Error: Input must be provided either through stdin or as a prompt argument when using --print', 1);
} else if (format === 'stream-json' && !has('--verbose')) {
  refuse('Error: When using --print, --output-format=stream-json requires --verbose', 1);
} else {
  const asked = askedOf(task);
  const lines = [...beginning(), ...working(asked), ending(asked)];
  await (format === 'text' ? console.log(answer(asked)) : print(asked, format === 'json' ? lines.slice(-1) : lines));
  process.exitCode = asked === 'fail' ? 1 : 0;
}

function answer(asked: Asked): string {
  return asked === 'fail' ? 'API Error: 500 It is told to fail.' : `You said: ${task}`;
}

function beginning(): object[] {
  return [
    {
      type: 'system',
      subtype: 'init',
      cwd: process.cwd(),
      ...SESSION,
      tools: ['Bash', 'Edit', 'Read'],
      mcp_servers: [],
      model: 'stand-in',
      permissionMode: 'default',
      claude_code_version: '2.1.330',
    },
  ];
}

function working(asked: Asked): object[] {
  const use = {
    type: 'tool_use',
    id: 'toolu_1',
    name: 'Bash',
    input: { command: 'echo hello', description: 'Say hello' },
  };
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'hello', is_error: false };
  const user = { type: 'user', message: { role: 'user', content: [result] }, parent_tool_use_id: null, ...SESSION };
  const trouble = asked === 'fail' ? { error: 'server_error', is_api_error_message: true } : {};
  return [
    ...(asked === 'tool' ? [said({ type: 'text', text: 'I look first.' }), said(use), user] : []),
    { ...said({ type: 'text', text: answer(asked) }), ...trouble },
  ];
}

function said(block: object): object {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'stand-in', content: [block] };
  return { type: 'assistant', message, parent_tool_use_id: null, ...SESSION };
}

function ending(asked: Asked): object {
  const isError = asked === 'fail';
  return {
    type: 'result',
    subtype: 'success',
    is_error: isError,
    api_error_status: isError ? 500 : null,
    result: answer(asked),
    ...SESSION,
    num_turns: asked === 'tool' ? 2 : 1,
    total_cost_usd: 0.0125,
    usage: { input_tokens: 3, cache_creation_input_tokens: 100, cache_read_input_tokens: 20, output_tokens: 7 },
    permission_denials: [],
  };
}
