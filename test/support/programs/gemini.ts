/**
 * Stands in for Gemini CLI 0.61.0 without a terminal: lines, options and exit codes as seen there. The task is stdin,
 * with what stands behind `-p` below it. A directory that is not trusted is refused with 55; a model's refusal comes
 * out as its HTTP status, of which 8 bits are left. As `json`, a failure prints nothing on stdout.
 */
import { askedOf, fromStdin, print, refuse, wordsOf, type Asked } from './stand-in.ts';

const TIMESTAMP = '2026-01-01T00:00:00.000Z';
const TAKING_VALUES = ['--output-format', '-o', '--prompt', '-p', '--model', '-m', '--approval-mode'];
const STATUS_BAD_REQUEST = 400;

const { loose, has, valueOf } = wordsOf(process.argv.slice(2), TAKING_VALUES);
const format = valueOf('--output-format') ?? valueOf('-o') ?? 'text';
const behind = valueOf('--prompt') ?? valueOf('-p') ?? loose.join(' ');
const task = [(await fromStdin()).trim(), behind].filter((word) => word !== '').join('\n\n');

if (!has('--skip-trust') && process.env['GEMINI_CLI_TRUST_WORKSPACE'] !== 'true') {
  refuse('Gemini CLI is not running in a trusted directory. To proceed, either use `--skip-trust`, …', 55);
} else if (task === '') {
  refuse(
    'No input provided via stdin. Input can be provided by piping data into gemini or using the --prompt option.',
    42,
  );
} else {
  await work(askedOf(task));
}

async function work(asked: Asked): Promise<void> {
  if (format === 'stream-json') {
    await print(asked, linesFor(asked));
  } else if (asked === 'fail') {
    console.error('[API Error: It is told to fail.]');
  } else {
    const models = { 'stand-in': { tokens: { input: 11, prompt: 11, candidates: 7, total: 18 } } };
    const whole = {
      session_id: 'dad17d25-6414-45f0-9117-042e28f5c07e',
      response: `You said: ${task}`,
      stats: { models },
    };
    console.log(format === 'json' ? JSON.stringify(whole, null, 2) : whole.response);
  }
  process.exitCode = asked === 'fail' ? STATUS_BAD_REQUEST % 256 : 0;
}

function linesFor(asked: Asked): object[] {
  const stats = { total_tokens: 18, input_tokens: 11, output_tokens: 7, duration_ms: 100, tool_calls: 0 };
  const error = { type: 'unknown', message: '[API Error: It is told to fail.]' };
  const isError = asked === 'fail';
  return [
    event('init', { session_id: 'dad17d25-6414-45f0-9117-042e28f5c07e', model: 'stand-in' }),
    event('message', { role: 'user', content: task }),
    ...(asked === 'tool' ? toolLines() : []),
    ...(isError ? [] : [piece('You said: '), piece(task)]),
    event('result', isError ? { status: 'error', error, stats } : { status: 'success', stats }),
  ];
}

function toolLines(): object[] {
  const parameters = { command: 'echo hello', description: 'Say hello' };
  return [
    piece('I look first.'),
    event('tool_use', { tool_name: 'run_shell_command', tool_id: 'run_shell_command_1', parameters }),
    event('tool_result', { tool_id: 'run_shell_command_1', status: 'success', output: 'hello' }),
  ];
}

function piece(content: string): object {
  return event('message', { role: 'assistant', content, delta: true });
}

function event(type: string, more: object): object {
  return { type, timestamp: TIMESTAMP, ...more };
}
