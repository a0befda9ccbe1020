/** How a program gets its task: whole, as data, and never as anything else. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Assignment } from '../../../../src/core/ports/index.ts';
import type { Program } from '../../../../src/core/workspace/index.ts';
import { assignmentFor, watched } from '../../../../src/testing/carrier-suite.ts';
import { programStage } from './stage.ts';

const stage = programStage();
after(async () => stage.close());

const ECHO = [process.execPath, '-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--'];
const NASTY = [
  '-rf /',
  '--help',
  `it's "quoted" \\ and \\\\`,
  '$(touch owned) `touch owned` ; touch owned | cat && touch owned',
  'line one\nline two\r\n\ttabbed',
  '$HOME $IFS %s %n * ? ~ !! {task} $& $1 $$',
  '\u{202E}grüße 👩‍👩‍👧',
  '',
];

async function run(program: Partial<Program>, given: Partial<Assignment>) {
  return stage.carrier.deliver(assignmentFor(stage.script('exec cat', program), given), watched());
}

describe('C18: a task', () => {
  test('is on stdin as it is, with its context, and with the question before its answer', async () => {
    for (const task of [...NASTY, 'zero \0 inside']) {
      assert.deepEqual(await run({}, { task }), { kind: 'completed', output: { text: task } });
    }
    const both = await run({}, { task: 'do', context: 'as of today' });
    assert.deepEqual(both, { kind: 'completed', output: { text: 'do\n\nContext:\nas of today' } });
    const answered = await run({}, { task: 'do', context: '', question: 'which?', answer: 'red' });
    const text = 'do\n\nYou asked:\nwhich?\n\nThe answer:\nred';
    assert.deepEqual(answered, { kind: 'completed', output: { text } });
  });

  test('is one document of JSON on one line where that was asked for', async () => {
    const parts: Assignment['parts'] = [{ kind: 'data', data: { deep: [1] } }];
    const more = { parts, context: 'c', conversation: 'talk', question: 'which?', answer: 'red', mayHaveRun: true };
    const outcome = await run({ input: 'json' }, { id: 'dlg_1', task: 'a\nb', attempt: 2, ...more });
    assert.ok(outcome.kind === 'completed');
    assert.equal(outcome.output.text.trimEnd().split('\n').length, 1);
    assert.deepEqual(JSON.parse(outcome.output.text), {
      ...{ delegation_id: 'dlg_1', source_id: 'caller', task: 'a\nb', context: 'c', parts, conversation_id: 'talk' },
      ...{ attempt: 2, deadline: '2100-01-01T00:00:00.000Z', may_have_run: true, question: 'which?', answer: 'red' },
    });
  });

  test('is one argument, whatever it holds, and never an option', async () => {
    for (const task of NASTY) {
      const outcome = await run({ input: 'argument', argv: [...ECHO, '{task}', '--say={task}', 'end'] }, { task });
      const given = task.startsWith('-') ? ` ${task}` : task;
      const text = JSON.stringify([given, `--say=${task}`, 'end']);
      assert.deepEqual(outcome, { kind: 'completed', output: { text } });
    }
    assert.ok(!stage.has('owned'));
  });

  test('that no argument can hold is refused with the reason, and nothing is started', async () => {
    const program: Partial<Program> = { input: 'argument', argv: ['/bin/sh', '-c', 'echo ran > ran', '{task}'] };
    const long = await run(program, { task: 'x'.repeat(200_000) });
    assert.ok(long.kind === 'failed' && long.reason === 'rejected', JSON.stringify(long));
    assert.match(long.error, /longer than an argument/u);
    const zero = await run(program, { task: 'a\0b' });
    assert.ok(zero.kind === 'failed' && zero.reason === 'rejected', JSON.stringify(zero));
    assert.ok(!stage.has('ran'));
    const most = await run({ input: 'argument', argv: [...ECHO, '{task}'] }, { task: 'ü'.repeat(30_000) });
    assert.equal(most.kind, 'completed');
  });

  test('of 200 kB arrives whole on stdin', async () => {
    const script = String.raw`wc -c | tr -d " \n"`;
    const outcome = await stage.carrier.deliver(
      assignmentFor(stage.script(script), { task: 'x'.repeat(200_000) }),
      watched(),
    );
    assert.deepEqual(outcome, { kind: 'completed', output: { text: '200000' } });
  });

  test('of 256 kB need not be read', async () => {
    const task = 'x'.repeat(256 * 1024);
    for (const script of ['echo done', 'exec 0<&-; echo done', 'head -c 10 > /dev/null; echo done']) {
      const outcome = await stage.carrier.deliver(assignmentFor(stage.script(script), { task }), watched());
      assert.deepEqual(outcome, { kind: 'completed', output: { text: 'done\n' } }, script);
    }
  });
});
