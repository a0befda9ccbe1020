/** Errand's own dialect, which a script speaks by printing a line of JSON here and there. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hear } from './hearing.ts';

function errand(...lines: (object | string)[]) {
  return hear(
    'errand',
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))),
  );
}

describe('a script', () => {
  test('that knows nothing of the dialect has its output for a result', () => {
    assert.deepEqual(errand('  one', '', '{"not":"of it"}', 'two', '').said, { text: '  one\n\n{"not":"of it"}\ntwo' });
    assert.deepEqual(errand().said, { text: '' });
  });

  test('tells how far it is', () => {
    const { told } = errand(
      { type: 'progress', message: 'half', percent: 50 },
      { type: 'progress', in_tool: true },
      { type: 'progress', message: 7, percent: '50', in_tool: 'yes' },
      { type: 'progress', percent: 101 },
      { type: 'progress', percent: -1 },
      { type: 'progress', message: 'a\u001B[31mb\n\n c\u202E', percent: 0 },
    );
    assert.deepEqual(told, [
      { message: 'half', percent: 50 },
      { inTool: true },
      {},
      {},
      {},
      { message: String.raw`a\u{1b}[31mb c\u{202e}`, percent: 0 },
    ]);
  });

  test('gives a result in place of its output, with what it used', () => {
    const usage = { input_tokens: 10, output_tokens: 5, cost_usd: 0.5 };
    assert.deepEqual(errand('working…', { type: 'result', text: 'done', usage }).said, {
      text: 'done',
      usage: { inputTokens: 10, outputTokens: 5, costUsd: 0.5 },
    });
    assert.deepEqual(errand('all of it', { type: 'result', usage: { input_tokens: 1.5, cost_usd: 2 } }).said, {
      text: 'all of it',
      usage: { costUsd: 2 },
    });
  });

  test('gives parts, and none of them is dropped', () => {
    const parts = [
      { kind: 'text', text: 'see the table' },
      { kind: 'data', data: [1, { two: null }] },
      { kind: 'file', name: 'a.txt', mime_type: 'text/plain', bytes: 'YQ==' },
      { kind: 'file', name: 'nothing in it' },
      { kind: 'else' },
      'words',
      7,
    ];
    assert.deepEqual(errand({ type: 'result', parts }).said, {
      text: 'see the table\nwords',
      parts: [
        { kind: 'text', text: 'see the table' },
        { kind: 'data', data: [1, { two: null }] },
        { kind: 'file', name: 'a.txt', mimeType: 'text/plain', bytes: 'YQ==' },
        { kind: 'data', data: { kind: 'file', name: 'nothing in it' } },
        { kind: 'data', data: { kind: 'else' } },
        { kind: 'text', text: 'words' },
        { kind: 'data', data: 7 },
      ],
    });
  });

  test('is told of parts that nobody could take', () => {
    const many = Array.from({ length: 101 }, () => 'x');
    const deep = `{"type":"result","text":"t","parts":[{"kind":"data","data":${'['.repeat(100)}${']'.repeat(100)}}]}`;
    assert.match(errand({ type: 'result', parts: many }).said.error ?? '', /more than 100/u);
    assert.match(errand(deep).said.error ?? '', /nested too deeply/u);
  });

  test('asks', () => {
    assert.deepEqual(errand('hm', { type: 'ask', question: 'Which one?' }).said, {
      text: 'hm',
      question: 'Which one?',
    });
    assert.deepEqual(errand({ type: 'ask' }).said, {
      text: '',
      error: 'it asked, but with no question',
      retryable: false,
    });
  });

  test('fails, and says whether to try again', () => {
    assert.deepEqual(errand('partly', { type: 'fail', error: 'No.', retryable: true }).said, {
      text: 'partly',
      error: 'No.',
      retryable: true,
    });
    assert.deepEqual(errand({ type: 'fail', error: ' ' }).said, { text: '', error: 'it failed without saying why' });
  });

  test('has the last word', () => {
    const result = { type: 'result', text: 'after all' };
    assert.deepEqual(errand({ type: 'fail', error: 'No.' }, result).said, { text: 'after all' });
    assert.equal(errand(result, { type: 'fail', error: 'No.' }).said.error, 'No.');
  });
});
