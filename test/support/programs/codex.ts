/**
 * Stands in for Codex 0.169.0 with `exec --json`: lines, options and exit codes as seen there. The task is its loose
 * word, or stdin where there is none or it is `-`; with both, stdin goes into a `<stdin>` block below the word.
 */
import { askedOf, fromStdin, print, refuse, wordsOf, type Asked } from './stand-in.ts';

const TAKING_VALUES = [
  '--sandbox',
  '-s',
  '--model',
  '-m',
  '-c',
  '--config',
  '-C',
  '--cd',
  '-o',
  '--output-last-message',
];

const { loose, has } = wordsOf(process.argv.slice(2), TAKING_VALUES);
const [command, word = '-'] = loose;

if (command === 'exec') {
  const isPiped = word !== '-' && !process.stdin.isTTY;
  if (isPiped) {
    console.error('Reading additional input from stdin...');
  }
  const input = (await fromStdin()).trim();
  const block = input === '' ? '' : `\n\n<stdin>\n${input}\n</stdin>`;
  await work(word === '-' ? input : `${word}${block}`);
} else {
  refuse('Error: stdin is not a terminal', 1);
}

async function work(task: string): Promise<void> {
  if (task === '') {
    refuse('No prompt provided via stdin.', 1);
    return;
  }
  const asked = askedOf(task);
  if (has('--json')) {
    await print(asked, linesFor(asked, task));
  } else if (asked !== 'fail') {
    console.log(`You said: ${task}`);
  }
  process.exitCode = asked === 'fail' ? 1 : 0;
}

function linesFor(asked: Asked, task: string): object[] {
  return [
    { type: 'thread.started', thread_id: '01a1ff6c-03f0-7512-a6fb-fcfdead85909' },
    { type: 'turn.started' },
    { type: 'item.completed', item: { id: 'item_0', type: 'reasoning', text: 'Thinking about it' } },
    ...(asked === 'tool' ? toolLines() : []),
    ...(asked === 'fail' ? failing() : succeeding(task)),
  ];
}

function toolLines(): object[] {
  const item = { id: 'item_2', type: 'command_execution', command: "/bin/bash -lc 'echo hello'" };
  const begun = { ...item, aggregated_output: '', exit_code: null, status: 'in_progress' };
  const done = { ...item, aggregated_output: 'hello\n', exit_code: 0, status: 'completed' };
  return [
    { type: 'item.completed', item: { id: 'item_1', type: 'agent_message', text: 'I look first.' } },
    { type: 'item.started', item: begun },
    { type: 'item.completed', item: done },
  ];
}

function succeeding(task: string): object[] {
  const usage = { input_tokens: 22, cached_input_tokens: 4, output_tokens: 14, reasoning_output_tokens: 2 };
  return [
    { type: 'item.completed', item: { id: 'item_3', type: 'agent_message', text: `You said: ${task}` } },
    { type: 'turn.completed', usage },
  ];
}

function failing(): object[] {
  const message = 'It is told to fail.';
  return [
    { type: 'error', message: `Reconnecting... 1/1 (${message})` },
    { type: 'error', message },
    { type: 'turn.failed', error: { message } },
  ];
}
