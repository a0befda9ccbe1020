/** How peers answer a send, one row each, and what is made of it. Every fault of the original has its row. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { a2aCarrier } from '../../../src/carriers/a2a/carrier.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, watched } from '../../../src/testing/carrier-suite.ts';
import { type Behaviour, type ScriptedPeer, scriptedPeer } from '../../../src/testing/scripted-peer.ts';

interface Row {
  title: string;
  behave: Behaviour;
  expect: Record<string, unknown>;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const DATE = 'Fri, 31 Dec 2100 23:59:59 GMT';

function reply(status: number, body = '', headers: Record<string, string> = JSON_TYPE): Behaviour {
  return { do: 'reply', status, body, headers };
}

function state(name: unknown, more: Record<string, unknown> = {}): Behaviour {
  return { do: 'result', result: { kind: 'task', id: 't', contextId: 'c', status: { state: name }, ...more } };
}

function said(name: string, text: string, more: Record<string, unknown> = {}): Behaviour {
  const message = { kind: 'message', role: 'agent', messageId: 'm', parts: [{ kind: 'text', text }] };
  return {
    do: 'result',
    result: { kind: 'task', id: 't', contextId: 'c', status: { state: name, message }, ...more },
  };
}

const MADE = { artifacts: [{ artifactId: 'a', parts: [{ kind: 'text', text: 'made' }] }] };
const TWO = {
  artifacts: [
    {
      artifactId: 'a',
      parts: [
        { kind: 'text', text: 'one' },
        { kind: 'text', text: 'two' },
      ],
    },
    { artifactId: 'b', parts: [{ type: 'text', text: 'three' }] },
  ],
};

const BUSY_ROWS: Row[] = [
  {
    title: 'C5: 202 that says queued',
    behave: { do: 'busy', how: '202' },
    expect: { kind: 'busy', retryAfterMs: null },
  },
  {
    title: 'C5: 202 queued, wait in seconds',
    behave: { do: 'busy', how: '202', retryAfter: 3 },
    expect: { kind: 'busy', retryAfterMs: 3000 },
  },
  {
    title: 'C5: 503 that says busy, wait in its body',
    behave: { do: 'busy', how: '503' },
    expect: { kind: 'busy', retryAfterMs: 30_000 },
  },
  {
    title: 'C5: 503 busy, wait as a date',
    behave: { do: 'busy', how: '503', retryAfter: DATE },
    expect: { kind: 'busy', retryAfterMs: 3_600_000 },
  },
  {
    title: 'C5: 429 with a wait',
    behave: { do: 'busy', how: '429', retryAfter: 2 },
    expect: { kind: 'busy', retryAfterMs: 2000 },
  },
  { title: 'C5: 429 without a wait', behave: { do: 'busy', how: '429' }, expect: { kind: 'busy', retryAfterMs: null } },
  {
    title: 'C5: 429 with nonsense for a wait',
    behave: { do: 'busy', how: '429', retryAfter: 'soon' },
    expect: { kind: 'busy', retryAfterMs: null },
  },
  {
    title: 'C4: 202 with an envelope that holds nothing',
    behave: { do: 'result', status: 202, result: null },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  { title: 'C5: a bare 202 with a body', behave: reply(202, '{"ok":true}'), expect: { kind: 'unreachable' } },
  { title: 'C5: a bare 202 without a body', behave: reply(202), expect: { kind: 'unreachable' } },
  {
    title: 'C5: 202 that says queued: "yes" is bare',
    behave: reply(202, '{"queued":"yes"}'),
    expect: { kind: 'unreachable' },
  },
];

const STATUS_ROWS: Row[] = [
  {
    title: 'C7: 503 that says nothing of busy',
    behave: reply(503, '{"error":"restarting","restarting":true}', { ...JSON_TYPE, 'retry-after': '15' }),
    expect: { kind: 'unreachable', retryAfterMs: 15_000 },
  },
  { title: 'C7: 408', behave: reply(408), expect: { kind: 'unreachable' } },
  { title: 'C7: 425', behave: reply(425), expect: { kind: 'unreachable' } },
  {
    title: 'C7: 502 in HTML',
    behave: reply(502, '<html>', { 'content-type': 'text/html' }),
    expect: { kind: 'unreachable' },
  },
  { title: 'C7: 504', behave: reply(504), expect: { kind: 'unreachable' } },
  {
    title: 'C7: 400 with a reason',
    behave: reply(400, '{"error":"no such skill"}'),
    expect: { kind: 'failed', reason: 'rejected', error: 'HTTP 400: no such skill' },
  },
  { title: 'C7: 404', behave: reply(404), expect: { kind: 'failed', reason: 'rejected', error: 'HTTP 404' } },
  { title: 'C7: 410', behave: reply(410), expect: { kind: 'failed', reason: 'rejected' } },
  {
    title: 'C7: 422 with detail',
    behave: reply(422, '{"detail":"bad"}'),
    expect: { kind: 'failed', reason: 'rejected', error: 'HTTP 422: bad' },
  },
  { title: 'C7: 401', behave: reply(401), expect: { kind: 'failed', reason: 'unauthorised' } },
  { title: 'C7: 403', behave: reply(403), expect: { kind: 'failed', reason: 'unauthorised' } },
  { title: 'C7: 409', behave: reply(409), expect: { kind: 'failed', reason: 'callee_failed' } },
  {
    title: 'C7: 500 with a JSON-RPC error',
    behave: { do: 'error', code: -32_603, message: 'boom', status: 500 },
    expect: { kind: 'failed', reason: 'callee_failed', error: 'HTTP 500: boom' },
  },
  {
    title: 'C7: 301 is not followed',
    behave: reply(301, '', { location: 'http://127.0.0.1:1/' }),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C7: 307 is not followed',
    behave: reply(307, '', { location: '/elsewhere' }),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C7: a JSON-RPC error with 200',
    behave: { do: 'error', code: -32_000, message: 'no', data: 'because' },
    expect: { kind: 'failed', reason: 'callee_failed', error: 'no (because) (JSON-RPC error -32000)' },
  },
  {
    title: 'C7: an error that is a text',
    behave: reply(200, '{"jsonrpc":"2.0","error":"broken"}'),
    expect: { kind: 'failed', reason: 'callee_failed', error: 'broken' },
  },
];

const NONSENSE_ROWS: Row[] = [
  {
    title: 'C4: 200 that is not JSON',
    behave: reply(200, 'I did it!\u0007'),
    expect: { kind: 'failed', reason: 'invalid_response', error: String.raw`the answer is not JSON: I did it!\u{7}` },
  },
  {
    title: 'C4: an empty 200',
    behave: reply(200),
    expect: { kind: 'failed', reason: 'invalid_response', error: 'the answer is empty' },
  },
  { title: 'C4: 204', behave: reply(204), expect: { kind: 'failed', reason: 'invalid_response' } },
  {
    title: 'C4: the id of another request',
    behave: { do: 'wrong-id' },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C4: neither result nor error',
    behave: reply(200, '{"jsonrpc":"2.0"}'),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  { title: 'C4: a list', behave: reply(200, '[]'), expect: { kind: 'failed', reason: 'invalid_response' } },
  {
    title: 'C4: a result that is a text',
    behave: { do: 'result', result: 'done' },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C4: a result that is null',
    behave: { do: 'result', result: null },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C4: an empty object',
    behave: { do: 'result', result: {} },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C4: a message without parts',
    behave: { do: 'result', result: { kind: 'message', parts: [] } },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C4: a working task without an id',
    behave: { do: 'result', result: { kind: 'task', status: { state: 'working' } } },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C13: an encoding that was not asked for',
    behave: reply(200, '{}', { 'content-encoding': 'gzip' }),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C13: an answer beyond the bound',
    behave: { do: 'huge', bytes: 200_000 },
    expect: { kind: 'failed', reason: 'result_too_large' },
  },
];

const STATE_ROWS: Row[] = [
  {
    title: 'C6: completed with artifacts',
    behave: state('completed', MADE),
    expect: { kind: 'completed', output: { text: 'made' } },
  },
  {
    title: 'C6: completed in the words of 1.0',
    behave: {
      do: 'result',
      result: {
        task: {
          id: 't',
          status: { state: 'TASK_STATE_COMPLETED' },
          artifacts: [{ artifactId: 'a', parts: [{ text: 'made' }] }],
        },
      },
    },
    expect: { kind: 'completed', output: { text: 'made' } },
  },
  {
    title: 'C6: completed with a message and no artifacts',
    behave: said('completed', 'all good'),
    expect: { kind: 'completed', output: { text: 'all good' } },
  },
  {
    title: 'C6: completed with nothing at all',
    behave: state('completed'),
    expect: { kind: 'completed', output: { text: '' } },
  },
  {
    title: 'C6: failed with words',
    behave: said('failed', 'no disk'),
    expect: { kind: 'failed', reason: 'callee_failed', error: 'no disk' },
  },
  {
    title: 'C6: failed with artifacts that look like a result',
    behave: state('failed', MADE),
    expect: { kind: 'failed', reason: 'callee_failed', output: { text: 'made' } },
  },
  {
    title: 'C6: failed without a word',
    behave: state('failed'),
    expect: { kind: 'failed', error: 'the peer failed without saying why' },
  },
  {
    title: 'C6: rejected',
    behave: said('rejected', 'not my trade'),
    expect: { kind: 'failed', reason: 'rejected', error: 'not my trade' },
  },
  {
    title: 'C6: canceled by the peer itself',
    behave: state('canceled', MADE),
    expect: { kind: 'cancelled', output: { text: 'made' } },
  },
  {
    title: 'C6: a state that is unknown',
    behave: state('unknown', MADE),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C6: a state of 1.0 that is unspecified',
    behave: state('TASK_STATE_UNSPECIFIED', MADE),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C6: a state that is a number',
    behave: state(3, MADE),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C6: a state nobody has heard of',
    behave: state('finished', MADE),
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C6: a task without a status',
    behave: { do: 'result', result: { kind: 'task', id: 't', ...MADE } },
    expect: { kind: 'failed', reason: 'invalid_response' },
  },
  {
    title: 'C16: input-required',
    behave: said('input-required', 'which one?'),
    expect: { kind: 'asked', question: 'which one?', remote: { task: 't', context: 'c' } },
  },
  {
    title: 'C16: auth-required',
    behave: said('auth-required', 'log in'),
    expect: { kind: 'asked', question: 'log in' },
  },
  {
    title: 'C16: a question without words',
    behave: state('input-required'),
    expect: { kind: 'asked', question: 'The peer asks for input and does not say for what.' },
  },
];

const TEXT_ROWS: Row[] = [
  {
    title: 'C14: parts by kind',
    behave: { do: 'answer', text: 'x', parts: 'kind' },
    expect: { kind: 'completed', output: { text: 'x' } },
  },
  {
    title: 'C14: parts by type',
    behave: { do: 'answer', text: 'x', parts: 'type' },
    expect: { kind: 'completed', output: { text: 'x' } },
  },
  {
    title: 'C14: parts by their member',
    behave: { do: 'answer', text: 'x', parts: 'member' },
    expect: { kind: 'completed', output: { text: 'x' } },
  },
  {
    title: 'C14: two artifacts, three texts',
    behave: state('completed', TWO),
    expect: {
      output: {
        text: 'one\ntwo\nthree',
        parts: [
          { kind: 'text', text: 'one' },
          { kind: 'text', text: 'two' },
          { kind: 'text', text: 'three' },
        ],
      },
    },
  },
  {
    title: 'C14: a message that adds to the artifacts',
    behave: said('completed', 'and more', MADE),
    expect: {
      output: {
        text: 'made\nand more',
        parts: [
          { kind: 'text', text: 'made' },
          { kind: 'text', text: 'and more' },
        ],
      },
    },
  },
  {
    title: 'C14: a message that repeats the artifacts',
    behave: said('completed', 'made', MADE),
    expect: { output: { text: 'made' } },
  },
  {
    title: 'C14: artifacts of the original runtime, without kind and status',
    behave: { do: 'result', result: MADE },
    expect: { kind: 'completed', output: { text: 'made' } },
  },
  {
    title: 'C14: artifacts first, then parts at the top',
    behave: { do: 'result', result: { ...MADE, parts: [{ type: 'text', text: 'top' }] } },
    expect: { kind: 'completed' },
  },
  {
    title: 'C14: usage is kept',
    behave: {
      do: 'result',
      result: {
        kind: 'message',
        parts: [{ kind: 'text', text: 'x' }],
        metadata: { usage: { input_tokens: 3, output_tokens: 4 } },
      },
    },
    expect: { usage: { inputTokens: 3, outputTokens: 4 } },
  },
];

describe('an answer to a send', () => {
  const carrier = a2aCarrier({ clock: systemClock, loopback: true, resultBytesMax: 100_000, pollFirstMs: 2 });
  let peer: ScriptedPeer;
  before(async () => {
    peer = await scriptedPeer({ clock: systemClock, behave: { do: 'answer' } });
  });
  after(async () => {
    await carrier.close();
    await peer.close();
  });

  for (const row of [...BUSY_ROWS, ...STATUS_ROWS, ...NONSENSE_ROWS, ...STATE_ROWS, ...TEXT_ROWS]) {
    test(row.title, async () => {
      peer.behave(row.behave);
      const outcome: Record<string, unknown> = {
        ...(await carrier.deliver(assignmentFor(calleeAt({ url: peer.url })), watched())),
      };
      const seen = Object.fromEntries(Object.keys(row.expect).map((key) => [key, outcome[key]]));
      assert.deepEqual(seen, row.expect, JSON.stringify(outcome));
      assert.ok(outcome['kind'] !== 'failed' || (outcome['error'] !== '' && outcome['reason'] !== undefined));
    });
  }
});
