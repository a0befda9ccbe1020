/**
 * Stands in for OpenCode 1.18.33 with `run --format json`: lines, options and exit codes as seen there. The task is its
 * loose words, with stdin below them. A tool is told when it is over.
 */
import { askedOf, fromStdin, print, refuse, wordsOf, type Asked } from './stand-in.ts';

const SESSION = 'ses_e0092b6efffeDGchBUZbyg0HIE';
const TAKING_VALUES = ['--format', '--model', '-m', '--agent', '--session', '-s', '--title', '--dir'];

const { loose, valueOf } = wordsOf(process.argv.slice(2), TAKING_VALUES);
const [command, ...words] = loose;
const task = [words.join(' '), (await fromStdin()).trim()].filter((word) => word !== '').join('\n');

if (command !== 'run') {
  refuse('There is no terminal here.', 1);
} else if (task === '') {
  refuse('Error: You must provide a message or a command', 1);
} else {
  const asked = askedOf(task);
  await (valueOf('--format') === 'json' ? print(asked, linesFor(asked)) : console.log(`You said: ${task}`));
  process.exitCode = asked === 'fail' ? 1 : 0;
}

function linesFor(asked: Asked): object[] {
  if (asked === 'fail') {
    const data = { message: 'It is told to fail.', statusCode: 400, isRetryable: false };
    return [{ type: 'error', timestamp: 1, sessionID: SESSION, error: { name: 'APIError', data } }];
  }
  return [...(asked === 'tool' ? toolLines() : []), ...step([part('text', { text: `You said: ${task}` })], 'stop')];
}

function toolLines(): object[] {
  const input = { command: 'echo hello', description: 'Say hello' };
  const state = { status: 'completed', input, output: 'hello\n', title: 'echo hello' };
  const used = part('tool_use', { type: 'tool', tool: 'bash', callID: 'c1', state });
  return step([part('text', { text: 'I look first.' }), used], 'tool-calls');
}

function step(parts: readonly object[], reason: string): object[] {
  const tokens = { total: 18, input: 8, output: 6, reasoning: 1, cache: { read: 2, write: 1 } };
  const finish = { type: 'step-finish', reason, tokens, cost: 0.25 };
  return [part('step_start', { type: 'step-start' }), ...parts, part('step_finish', finish)];
}

function part(type: string, more: object): object {
  return {
    type,
    timestamp: 1,
    sessionID: SESSION,
    part: { id: 'prt_1', messageID: 'msg_1', sessionID: SESSION, ...more },
  };
}
