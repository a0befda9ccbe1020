/**
 * Stands in for `cursor-agent -p`: lines and options as its documentation has them (June 2026). The task is its loose
 * words, or stdin where there are none. A failure prints words on stderr and no `result`; that its exit code is 1 is a
 * guess, the documentation says no more than that it is not 0.
 */
import { askedOf, fromStdin, print, refuse, wordsOf, type Asked } from './stand-in.ts';

const SESSION = { session_id: 'c6b62c6f-7ead-4fd6-9922-e952131177ff' };
const TAKING_VALUES = ['--output-format', '--model', '--mode', '--workspace', '--api-key'];

const { loose, valueOf } = wordsOf(process.argv.slice(2), TAKING_VALUES);
const format = valueOf('--output-format') ?? 'text';
const task = loose.length > 0 ? loose.join(' ') : (await fromStdin()).trim();

if (task === '') {
  refuse('Error: No prompt provided for print mode', 1);
} else {
  await work(askedOf(task));
}

async function work(asked: Asked): Promise<void> {
  const isError = asked === 'fail';
  const lines = [...beginning(), ...(asked === 'tool' ? toolLines() : []), ...(isError ? [] : ending())];
  if (format === 'text' && !isError) {
    console.log(`You said: ${task}`);
  } else if (format === 'stream-json') {
    await print(asked, lines);
  } else if (!isError) {
    await print(asked, lines.slice(-1));
  }
  if (isError) {
    refuse('T: It is told to fail.', 1);
  }
}

function beginning(): object[] {
  const content = [{ type: 'text', text: task }];
  return [
    { type: 'system', subtype: 'init', apiKeySource: 'login', cwd: process.cwd(), ...SESSION, model: 'stand-in' },
    { type: 'user', message: { role: 'user', content }, ...SESSION },
    { type: 'thinking', subtype: 'delta', text: 'Hm', ...SESSION },
    { type: 'thinking', subtype: 'completed', ...SESSION },
  ];
}

function toolLines(): object[] {
  const args = { command: 'echo hello', description: 'Say hello' };
  const call = { type: 'tool_call', call_id: 'call_1\nfc_1', ...SESSION };
  const result = { success: { exitCode: 0, stdout: 'hello\n' } };
  return [
    said('I look first.'),
    { ...call, subtype: 'started', tool_call: { shellToolCall: { args } } },
    { ...call, subtype: 'completed', tool_call: { shellToolCall: { args, result } } },
  ];
}

function ending(): object[] {
  const result = { duration_ms: 1234, duration_api_ms: 1234, is_error: false, result: `You said: ${task}` };
  return [said(`You said: ${task}`), { type: 'result', subtype: 'success', ...result, ...SESSION }];
}

function said(text: string): object {
  return { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text }] }, ...SESSION };
}
