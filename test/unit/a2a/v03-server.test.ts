/** What our server reads and writes in 0.3, and that our own reader understands it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  encodeTask,
  failure,
  isTerminal,
  readAnswer,
  readCall,
  readMessageSend,
  readState,
  REMOTE_STATES,
  resultOf,
  stateOf,
  statusOf,
  success,
  v1State,
} from '../../../src/a2a/index.ts';
import { STATUSES } from '../../../src/core/delegation/index.ts';

const AT = Date.UTC(2026, 0, 5, 9);

describe('a request of 0.3', () => {
  test('with an envelope', () => {
    assert.deepEqual(readCall({ jsonrpc: '2.0', id: 'x', method: 'tasks/get', params: { id: 't' } }), {
      id: 'x',
      method: 'tasks/get',
      params: { id: 't' },
    });
  });

  test('bare, as the original took it', () => {
    assert.deepEqual(readCall({ method: 'message/send' }), { id: null, method: 'message/send', params: {} });
  });

  test('that is none is a fault with the id that could be read', () => {
    for (const body of [null, 1, 'x', [], {}, { id: 4 }, { method: 3 }, { method: '' }]) {
      const read = readCall(body);
      assert.ok('fault' in read && read.fault === 'invalidRequest', JSON.stringify(body));
    }
    assert.equal(readCall({ id: 4 }).id, 4);
  });

  test('nested too deeply is a fault', () => {
    const read = readCall({ method: 'm', params: { a: JSON.parse('['.repeat(200) + ']'.repeat(200)) } });
    assert.ok('fault' in read && read.fault === 'invalidParams');
  });

  test('message/send: parts of three dialects, and the delegation it is', () => {
    const message = readMessageSend({
      message: {
        messageId: 'm',
        contextId: 'c',
        parts: [{ kind: 'text', text: 'a' }, { type: 'text', text: 'b' }, { text: 'c' }],
        metadata: { delegation_id: 'dlg_inner' },
      },
      metadata: { parent_task_id: 'dlg_outer' },
      configuration: { blocking: false },
    });
    assert.equal(message?.text, 'a\nb\nc');
    assert.equal(message?.delegation, 'dlg_outer');
    assert.equal(message?.blocking, false);
    assert.equal(message?.messageId, 'm');
    assert.equal(message?.context, 'c');
  });

  test('message/send: blocking unless it says otherwise, and named by the message where the call does not', () => {
    const message = readMessageSend({ message: { parts: [{ text: 'a' }], metadata: { delegation_id: 'd' } } });
    assert.equal(message?.blocking, true);
    assert.equal(message?.delegation, 'd');
    assert.equal(message?.messageId, null);
  });

  test('message/send: without a message or parts there is nothing to do', () => {
    for (const params of [{}, { message: 1 }, { message: {} }, { message: { parts: [] } }]) {
      assert.equal(readMessageSend(params), undefined);
    }
  });
});

describe('a delegation as a task', () => {
  test('our own reader reads what we write, in every status', () => {
    for (const status of STATUSES) {
      const view = { id: 'dlg_1', context: null, status, reason: null, started: false, at: AT };
      const task = encodeTask({ ...view, note: 'because', result: { text: 'made' } });
      const reading = readAnswer(success(1, task), 1);
      assert.ok(reading.kind === 'task', status);
      assert.equal(reading.task.id, 'dlg_1');
      assert.equal(reading.task.state, stateOf(view));
      assert.equal(resultOf(reading.task).text, 'made\nbecause');
    }
  });

  test('a result with parts keeps them', () => {
    const parts = [
      { kind: 'file' as const, uri: 'https://h/f', name: 'f' },
      { kind: 'data' as const, data: 5 },
    ];
    const view = { id: 'd', context: 'c', status: 'completed' as const, reason: null, started: true, at: AT };
    assert.deepEqual(encodeTask({ ...view, result: { text: '', parts } })['artifacts'], [
      {
        artifactId: 'result',
        parts: [
          { kind: 'file', file: { name: 'f', uri: 'https://h/f' } },
          { kind: 'data', data: { value: 5 } },
        ],
      },
    ]);
  });

  test('an error is one of JSON-RPC', () => {
    assert.deepEqual(failure(null, 'taskNotFound', 'no such task'), {
      jsonrpc: '2.0',
      id: null,
      error: { code: -32_001, message: 'no such task' },
    });
  });
});

describe('states', () => {
  test('each is read in every spelling, and nothing else is a state', () => {
    for (const state of REMOTE_STATES) {
      assert.equal(readState(state), state);
      assert.equal(readState(v1State(state)), state);
      assert.equal(readState(state.toUpperCase().replaceAll('-', '_')), state);
    }
    assert.equal(readState('cancelled'), 'canceled');
    for (const odd of ['', 'done', 'TASK_STATE_', 'constructor', '__proto__', null, 3, {}]) {
      assert.equal(readState(odd), 'unknown');
    }
  });

  test('a task never goes back: what has started and waits again is working', () => {
    assert.equal(stateOf({ status: 'queued', reason: null, started: false }), 'submitted');
    assert.equal(stateOf({ status: 'queued', reason: null, started: true }), 'working');
    assert.equal(stateOf({ status: 'failed', reason: 'rejected', started: true }), 'rejected');
  });

  test('a terminal state is an ending here, and no other is', () => {
    for (const state of REMOTE_STATES) {
      const status = statusOf(state);
      assert.equal(isTerminal(state), status === 'completed' || status === 'failed' || status === 'cancelled');
    }
  });
});
