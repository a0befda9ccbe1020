/** The one decoder: total over any JSON, and right about what it reads. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  Collector,
  isWithinDepth,
  noteOf,
  readAnswer,
  readEvent,
  readResult,
  REMOTE_STATES,
  resultOf,
} from '../../../src/a2a/index.ts';

const KINDS = new Set(['message', 'task', 'error', 'nothing']);

/** JSON in the shape of an answer, with anything where something is expected. */
function answerish(): fc.Arbitrary<unknown> {
  const junk = fc.jsonValue({ maxDepth: 3 });
  const part = fc.oneof(
    junk,
    fc.record({ kind: fc.oneof(fc.constantFrom('text', 'file', 'data'), junk), text: fc.oneof(fc.string(), junk) }),
    fc.record({ file: fc.oneof(junk, fc.record({ uri: junk, bytes: junk })) }),
    fc.record({ raw: junk, url: junk, data: junk }, { requiredKeys: [] }),
  );
  const parts = fc.oneof(junk, fc.array(part, { maxLength: 4 }));
  const message = fc.record({ kind: junk, role: junk, parts, metadata: junk }, { requiredKeys: [] });
  const status = fc.record({
    state: fc.oneof(fc.constantFrom(...REMOTE_STATES), junk),
    message: fc.oneof(message, junk),
  });
  const task = fc.record(
    {
      kind: fc.oneof(fc.constant('task'), junk),
      id: junk,
      status: fc.oneof(status, junk),
      artifacts: fc.oneof(junk, fc.array(fc.oneof(junk, fc.record({ artifactId: junk, parts })))),
      ['__proto__']: junk,
    },
    { requiredKeys: [] },
  );
  const result = fc.oneof(junk, message, task, fc.record({ task }), fc.record({ message }));
  return fc.record({ jsonrpc: junk, id: fc.constantFrom(1, 2, null), result, error: junk }, { requiredKeys: [] });
}

describe('the decoder', () => {
  test('C14: any JSON value becomes exactly one reading, and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), answerish()), (value) => {
        const reading = readAnswer(value, 1);
        assert.ok(KINDS.has(reading.kind));
        if (reading.kind === 'task') {
          assert.equal(typeof resultOf(reading.task).text, 'string');
          assert.ok(REMOTE_STATES.includes(reading.task.state));
        }
        if (reading.kind === 'error') {
          assert.notEqual(reading.text, '');
        }
        const event = readEvent(value);
        new Collector('t').add(event);
        readResult(value);
      }),
      { numRuns: 3000 },
    );
  });

  test('C4: what is read as a result came in a result', () => {
    fc.assert(
      fc.property(answerish(), (value) => {
        const reading = readAnswer(value, 1);
        if (reading.kind === 'message' || reading.kind === 'task') {
          assert.ok(typeof value === 'object' && value !== null && Object.hasOwn(value, 'result'));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('C14: a value nested a hundred thousand deep is refused, not walked', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const text = `{"kind":"message","parts":[{"kind":"data","data":${deep}}]}`;
    assert.equal(readResult(JSON.parse(text)).kind, 'nothing');
    assert.equal(isWithinDepth(JSON.parse('['.repeat(65) + ']'.repeat(65))), true);
    assert.equal(isWithinDepth(JSON.parse('['.repeat(66) + ']'.repeat(66))), false);
  });

  test('C14: members of the prototype are not members', () => {
    const text = '{"__proto__":{"kind":"message","parts":[{"kind":"text","text":"forged"}]}}';
    assert.equal(readResult(JSON.parse(text)).kind, 'nothing');
    assert.equal(Object.hasOwn(Object.prototype, 'kind'), false);
  });

  test('C14: parts of every dialect are kept as they came', () => {
    const reading = readResult({
      kind: 'message',
      parts: [
        { kind: 'text', text: 'a' },
        { type: 'text', text: 'b' },
        { text: 'c', mediaType: 'text/plain' },
        { kind: 'file', file: { name: 'f', mimeType: 'x/y', uri: 'https://h/f' } },
        { raw: 'AAAA', filename: 'g', mediaType: 'x/z' },
        { url: 'https://h/h' },
        { kind: 'data', data: { k: 1 } },
        { data: [1, 2] },
        { kind: 'thinking', thought: 'hm' },
      ],
    });
    assert.ok(reading.kind === 'message');
    assert.deepEqual(reading.output, {
      text: 'a\nb\nc',
      parts: [
        { kind: 'text', text: 'a' },
        { kind: 'text', text: 'b' },
        { kind: 'text', text: 'c' },
        { kind: 'file', name: 'f', mimeType: 'x/y', uri: 'https://h/f' },
        { kind: 'file', name: 'g', mimeType: 'x/z', bytes: 'AAAA' },
        { kind: 'file', uri: 'https://h/h' },
        { kind: 'data', data: { k: 1 } },
        { kind: 'data', data: [1, 2] },
        { kind: 'data', data: { kind: 'thinking', thought: 'hm' } },
      ],
    });
  });

  test('C14: a hundred thousand pieces of an artifact are put together in linear time', () => {
    const collector = new Collector('t');
    const pieces = 100_000;
    for (let piece = 0; piece < pieces; piece += 1) {
      const artifact = { artifactId: 'a', parts: [{ kind: 'text', text: 'x' }] };
      collector.add(readEvent({ kind: 'artifact-update', taskId: 't', artifact, append: piece > 0 }));
    }
    collector.add(readEvent({ statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } }));
    assert.equal(collector.task().made.length, pieces);
    assert.equal(collector.state, 'completed');
  });

  test('C14: an artifact that comes again without append replaces the first', () => {
    const collector = new Collector('t');
    for (const text of ['draft', 'final']) {
      const artifact = { artifactId: 'a', parts: [{ text }] };
      collector.add(readEvent({ artifactUpdate: { artifact, append: false } }));
    }
    assert.equal(resultOf(collector.task()).text, 'final');
    assert.equal(noteOf(collector.task()), '');
  });
});
