/** The reader of server-sent events, cut at every byte and bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SseEvent, SseReader } from '../../../src/a2a/index.ts';

const STREAM = [
  ': a comment first\r\n\r\n',
  'data: {"a":1}\n\n',
  'event: status\r\nid: 7\r\ndata: one\r\ndata: zwei ü 🎈\r\n\r\n',
  'data:no space\rdata\r\r',
  'retry: 10\n: heartbeat\n\nid: 8\n\n',
  'data: last\n\n',
  'data: never ended',
].join('');
const EXPECTED: SseEvent[] = [
  { event: 'message', data: '{"a":1}', id: undefined },
  { event: 'status', data: 'one\nzwei ü 🎈', id: '7' },
  { event: 'message', data: 'no space\n', id: '7' },
  { event: 'message', data: 'last', id: '8' },
];

function readAll(pieces: readonly Uint8Array[]): SseEvent[] {
  const reader = new SseReader({ eventBytesMax: 1000 });
  return pieces.flatMap((piece) => {
    const events = reader.push(piece);
    assert.notEqual(events, 'too_large');
    return events === 'too_large' ? [] : events;
  });
}

test('events are the same wherever the bytes are cut in two', () => {
  const bytes = Buffer.from(STREAM);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.deepEqual(readAll([bytes.subarray(0, cut), bytes.subarray(cut)]), EXPECTED, `cut at ${cut}`);
  }
});

test('events are the same when every byte comes alone', () => {
  assert.deepEqual(readAll([...Buffer.from(STREAM)].map((byte) => Uint8Array.of(byte))), EXPECTED);
});

test('a byte order mark at the start is not part of the first field', () => {
  assert.deepEqual(readAll([Buffer.from('\uFEFFdata: x\n\n')]), [{ event: 'message', data: 'x', id: undefined }]);
});

test('C13: an event that outgrows its bound is refused, in one line or in many', () => {
  const inOne = new SseReader({ eventBytesMax: 100 });
  assert.equal(inOne.push(Buffer.from(`data: ${'x'.repeat(200)}`)), 'too_large');
  const inMany = new SseReader({ eventBytesMax: 100 });
  const results = Array.from({ length: 50 }, () => inMany.push(Buffer.from('data: xxxx\n')));
  assert.ok(results.includes('too_large'));
});

test('heartbeats for a long time do not add up', () => {
  const reader = new SseReader({ eventBytesMax: 100 });
  for (let beat = 0; beat < 1000; beat += 1) {
    assert.deepEqual(reader.push(Buffer.from(': heartbeat\n')), []);
  }
  assert.deepEqual(reader.push(Buffer.from('data: x\n\n')), [{ event: 'message', data: 'x', id: undefined }]);
});
