/** What our server reads and writes in 1.0, and that it says the same as in 0.3 to our own reader. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  readEvent,
  readList,
  readResult,
  resultOf,
  type TaskView,
  V03_SERVER,
  V1_ERRORS,
  V1_SERVER,
} from '../../../src/a2a/index.ts';

const VIEW: TaskView = {
  id: 't',
  context: 'c',
  status: 'completed',
  reason: null,
  started: true,
  at: Date.UTC(2026, 0, 5, 9),
  note: 'done',
  result: {
    text: 'made',
    parts: [
      { kind: 'text', text: 'made' },
      { kind: 'data', data: [1] },
      { kind: 'file', name: 'a', mimeType: 'text/x', uri: 'https://x/' },
    ],
  },
  metadata: { usage: { input_tokens: 3 } },
};

function kindsIn(value: unknown): boolean {
  return JSON.stringify(value).includes('"kind"');
}

describe('a task of 1.0', () => {
  test('is wrapped as the answer to a message and bare as the answer to a question, and says no kind', () => {
    const bare = V1_SERVER.task(VIEW);
    assert.deepEqual(V1_SERVER.taken(VIEW), { task: bare });
    assert.deepEqual([bare['id'], bare['contextId'], kindsIn(bare)], ['t', 'c', false]);
    assert.equal((bare['status'] as Record<string, unknown>)['state'], 'TASK_STATE_COMPLETED');
  });

  test('is read back as it was shown, and as 0.3 shows it', () => {
    const readings = [V1_SERVER.taken(VIEW), V03_SERVER.taken(VIEW)].map((shown) => readResult(shown));
    for (const reading of readings) {
      assert.ok(reading.kind === 'task');
      assert.deepEqual(reading.task.made[0], { kind: 'text', text: 'made' });
      assert.equal(resultOf(reading.task).text, 'made\ndone');
      assert.deepEqual(reading.task.usage, { inputTokens: 3 });
    }
  });

  test('its events are read back, and only 0.3 says which is the last', () => {
    for (const dialect of [V1_SERVER, V03_SERVER]) {
      const status = readEvent(dialect.status(VIEW, true));
      assert.ok(status.kind === 'status' && status.state === 'completed');
      const artifact = readEvent(dialect.artifact(VIEW, { text: 'made' }));
      assert.ok(artifact.kind === 'artifact' && !artifact.append);
      assert.deepEqual(artifact.parts, [{ kind: 'text', text: 'made' }]);
    }
    assert.ok(!JSON.stringify(V1_SERVER.status(VIEW, true)).includes('final'));
    assert.equal(V03_SERVER.status(VIEW, true)['final'], true);
  });
});

describe('an error of 1.0', () => {
  test('carries its reason where it is of A2A, and only its code where it is of JSON-RPC', () => {
    for (const [name, row] of Object.entries(V1_ERRORS)) {
      const { error } = V1_SERVER.failure(1, name as keyof typeof V1_ERRORS, 'why') as {
        error: Record<string, unknown>;
      };
      assert.deepEqual([error['code'], error['message']], [row.code, 'why']);
      const isOfA2a = row.code > -32_100 && row.code <= -32_001;
      assert.equal(Array.isArray(error['data']), isOfA2a, name);
    }
  });
});

describe('a question for tasks', () => {
  test('has bounds of its own where none are given', () => {
    assert.deepEqual(readList({}), { pageSize: 50, pageToken: '', withArtifacts: false });
    const given = { contextId: 'c', status: 'TASK_STATE_WORKING', pageSize: 100, includeArtifacts: true };
    assert.deepEqual(readList({ ...given, statusTimestampAfter: '2026-01-05T09:00:00Z', pageToken: 'p' }), {
      context: 'c',
      state: 'working',
      since: VIEW.at,
      pageSize: 100,
      pageToken: 'p',
      withArtifacts: true,
    });
  });

  test('that asks for what cannot be is refused by name', () => {
    for (const wrong of [{ pageSize: 101 }, { pageSize: '5' }, { historyLength: -1 }, { status: 'LAZY' }]) {
      const read = readList(wrong);
      assert.ok('fault' in read && read.why.includes(Object.keys(wrong)[0] ?? '?'), JSON.stringify(wrong));
    }
  });
});
