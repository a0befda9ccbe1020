/**
 * The callee as a program: `node program.ts <folder>`, the task as JSON on stdin, lines of JSON on stdout.
 *
 * A program ends with its question and is started again with the answer.
 */
import { json } from 'node:stream/consumers';
import { Asked, perform } from './perform.ts';

const [folder = ''] = process.argv.slice(2);
const given = (await json(process.stdin)) as { task: string; delegation_id: string; answer?: string };
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

try {
  const { text, parts } = await perform(given.task, {
    ...{ folder, id: given.delegation_id, signal: stop.signal },
    progress: (message) => say({ type: 'progress', message }),
    ask: async (question) => {
      if (given.answer === undefined) {
        say({ type: 'ask', question });
        throw new Asked();
      }
      return given.answer;
    },
  });
  say({ type: 'result', text, ...(parts === undefined ? {} : { parts }) });
} catch (error) {
  if (!(error instanceof Asked)) {
    say({ type: 'fail', error: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
