/** An agent that is called: the operations of both versions, one after the other, over a real port. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import {
  allEvents,
  askFor,
  closeAgents,
  eventsOf,
  messageOf,
  noteIn,
  openAgent,
  post,
  resultIn,
  rpc,
  say,
  subscription,
  type Version,
} from './agent-serving-stage.ts';
import { until } from './support.ts';

after(closeAgents);

const STATES = {
  '0.3': {
    working: 'working',
    asking: 'input-required',
    completed: 'completed',
    failed: 'failed',
    canceled: 'canceled',
  },
  '1.0': {
    working: 'TASK_STATE_WORKING',
    asking: 'TASK_STATE_INPUT_REQUIRED',
    completed: 'TASK_STATE_COMPLETED',
    failed: 'TASK_STATE_FAILED',
    canceled: 'TASK_STATE_CANCELED',
  },
} as const;

for (const version of ['0.3', '1.0'] as const) {
  const states = STATES[version];

  describe(`an agent called in ${version}`, () => {
    test('answers a message that waits with its ending, and one that does not with the task at work', async () => {
      const agent = await openAgent();
      const done = await say(agent, 'say hello there', { version, contextId: 'c' });
      assert.deepEqual(
        [done.status, done.task.status.state, resultIn(done.task), done.task.contextId],
        [200, states.completed, 'hello there', 'c'],
      );
      const begun = await say(agent, 'wait', { version, wait: false });
      assert.equal(begun.task.status.state, states.working);
      agent.runs[1]?.finish('at last');
      const read = await until('it ends', async () => {
        const { task } = await askFor(agent, 'get', begun.task.id, version);
        return task.status.state === states.completed && task;
      });
      assert.equal(resultIn(read), 'at last');
    });

    test('a failure has its words', async () => {
      const agent = await openAgent();
      const { task } = await say(agent, 'fail the disk is full', { version });
      assert.deepEqual([task.status.state, noteIn(task)], [states.failed, 'the disk is full']);
    });

    test('asks, is answered, and goes on with the answer', async () => {
      const agent = await openAgent({ about: { capacity: 1 } });
      const asked = await say(agent, 'ask which one?', { version });
      assert.deepEqual([asked.task.status.state, noteIn(asked.task)], [states.asking, 'which one?']);
      assert.equal((await say(agent, 'say meanwhile', { version })).task.status.state, states.completed);
      const answered = await say(agent, 'the red one', { version, taskId: asked.task.id });
      assert.deepEqual([answered.task.id, resultIn(answered.task)], [asked.task.id, 'which one? the red one']);
    });

    test('an answer that comes twice is heard once, and one that nobody waits for is refused', async () => {
      const agent = await openAgent({
        async handler({ context }) {
          return `${await context.ask('first?')} ${await context.ask('second?')}`;
        },
      });
      const { task } = await say(agent, 'go', { version });
      const answer = { version, taskId: task.id, messageId: 'answer-1' };
      assert.equal(noteIn((await say(agent, 'one', answer)).task), 'second?');
      assert.equal(noteIn((await say(agent, 'one', answer)).task), 'second?');
      const done = await say(agent, 'two', { version, taskId: task.id });
      assert.equal(resultIn(done.task), 'one two');
      assert.equal((await say(agent, 'three', { version, taskId: task.id })).code, -32_004);
      assert.equal((await say(agent, 'one', { version, taskId: 'another' })).code, -32_001);
    });

    test('a cancel stops the handler, and is confirmed when it has', async () => {
      const agent = await openAgent();
      const begun = await say(agent, 'hang', { version, wait: false });
      const cancelled = await askFor(agent, 'cancel', begun.task.id, version);
      assert.deepEqual([cancelled.task.status.state, agent.runs[0]?.stopped], [states.canceled, true]);
      assert.equal((await askFor(agent, 'cancel', begun.task.id, version)).task.status.state, states.canceled);
      const done = await say(agent, 'say x', { version });
      assert.equal((await askFor(agent, 'cancel', done.task.id, version)).code, -32_002);
    });

    test('a question that is not answered ends with a cancel', async () => {
      const agent = await openAgent();
      const asked = await say(agent, 'ask what?', { version });
      const { task } = await askFor(agent, 'cancel', asked.task.id, version);
      assert.equal(task.status.state, states.canceled);
      await until('the handler has returned', () => agent.listener.active === 0);
    });

    test('a stream begins with the task, tells its steps, and ends with its ending', async () => {
      const agent = await openAgent();
      const method = version === '1.0' ? 'SendStreamingMessage' : 'message/stream';
      const params = messageOf('work half way', { version });
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const seen: string[] = [];
      for await (const event of eventsOf(await post(agent.url, body, { 'a2a-version': version }))) {
        seen.push(kindOf(event, version));
        if (seen.length === 2) {
          agent.runs[0]?.finish('made');
        }
      }
      assert.deepEqual(seen, ['task', 'status', 'artifact', 'status']);
    });

    test('a task at work can be followed by several, each from where it stands', async () => {
      const agent = await openAgent();
      const begun = await say(agent, 'work on it', { version, wait: false });
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: subscription(version),
        params: { id: begun.task.id },
      });
      const streams = await Promise.all(
        Array.from({ length: 3 }, async () => post(agent.url, body, { 'a2a-version': version })),
      );
      await streams[0]?.body?.cancel();
      agent.runs[0]?.finish('made');
      for (const stream of streams.slice(1)) {
        const seen = await allEvents(stream);
        assert.deepEqual(
          seen.map((event) => kindOf(event, version)),
          ['task', 'artifact', 'status'],
        );
      }
      const late = await post(agent.url, body, { 'a2a-version': version });
      if (version === '1.0') {
        assert.equal(((await late.json()) as { error: { code: number } }).error.code, -32_004);
      } else {
        assert.equal((await allEvents(late)).length, 1);
      }
    });
  });
}

function kindOf(event: Record<string, unknown>, version: Version): string {
  if (version === '0.3') {
    return String(event['kind']).replace('-update', '');
  }
  return String(Object.keys(event)[0]).replace('Update', '');
}

describe('a message', () => {
  test('C1: that comes again finds its task, at work and after its end, and is carried out once', async () => {
    const agent = await openAgent();
    const again = { messageId: 'one', wait: false };
    const [first, second] = await Promise.all([say(agent, 'wait', again), say(agent, 'wait', again)]);
    assert.equal(first.task.id, second.task.id);
    agent.runs[0]?.finish('done');
    const third = await say(agent, 'wait', { messageId: 'one' });
    assert.deepEqual([third.task.id, resultIn(third.task), agent.runs.length], [first.task.id, 'done', 1]);
    const old = await say(agent, 'wait', { messageId: 'one', version: '0.3' });
    assert.equal(old.task.id, first.task.id);
  });

  test('with an id that another one had is refused, and nothing is done', async () => {
    const agent = await openAgent();
    await say(agent, 'say a', { messageId: 'one' });
    const other = await say(agent, 'say b', { messageId: 'one' });
    assert.deepEqual([other.code, agent.runs.length], [-32_602, 1]);
  });

  test('from a platform becomes the task that it is there', async () => {
    const agent = await openAgent();
    const trace = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const metadata = {
      delegation_id: 'dlg_1',
      attempt: 2,
      epoch: 5,
      source_id: 'lead',
      attempt_token: 'token-5',
      traceparent: trace,
      deadline: '2099-01-01T00:00:00.000Z',
    };
    const parts = [{ text: 'say x' }, { text: 'Context:\nwhat is known' }, { data: [1] }];
    await say(agent, '', { metadata, parts, messageId: 'dlg_1', contextId: 'talk' });
    const { parts: given, ...task } = agent.runs[0]?.task ?? assert.fail();
    assert.deepEqual(task, {
      id: 'dlg_1',
      text: 'say x',
      context: 'what is known',
      caller: 'lead',
      conversation: 'talk',
      attempt: 2,
      deadline: new Date('2099-01-01T00:00:00.000Z'),
      mayHaveRun: true,
      traceparent: trace,
    });
    assert.equal(given.length, 3);
  });

  test('from anybody else claims nothing', async () => {
    const agent = await openAgent();
    const { task } = await say(agent, 'say x');
    const { deadline, parts, ...seen } = agent.runs[0]?.task ?? assert.fail();
    assert.deepEqual(seen, {
      id: task.id,
      text: 'say x',
      caller: 'unknown',
      conversation: null,
      attempt: 1,
      mayHaveRun: false,
    });
    assert.deepEqual([parts, deadline > new Date()], [[{ kind: 'text', text: 'say x' }], true]);
    assert.equal(task.contextId, task.id);
  });

  test('of a newer attempt brings its token to the handler that is at work, and an older one does not', async () => {
    const agent = await openAgent();
    const attempt = async (epoch: number): Promise<void> => {
      const metadata = { delegation_id: 'dlg_1', epoch, attempt_token: `token-${epoch}` };
      await say(agent, 'work on it', { messageId: 'dlg_1', metadata, wait: false });
    };
    await attempt(1);
    const { errand } = agent.runs[0]?.context ?? assert.fail();
    assert.equal(errand.workspace, 'here');
    await attempt(3);
    assert.equal(errand.workspace, 'here');
    await attempt(2);
    assert.equal(errand.workspace, 'here');
    assert.deepEqual([agent.tokens, agent.runs.length], [['token-1', 'token-3', 'token-3'], 1]);
  });
});

describe('a full house', () => {
  test('C5: says that it is busy, and when to come again, and takes what comes then', async () => {
    const agent = await openAgent({ about: { capacity: 1 } });
    await say(agent, 'wait', { wait: false });
    for (const version of ['0.3', '1.0'] as const) {
      const refused = await say(agent, 'say x', { version, messageId: 'next' });
      assert.deepEqual(
        [refused.status, refused.headers.get('retry-after'), refused.body['busy'], refused.code],
        [503, '1', true, -32_000],
      );
    }
    agent.runs[0]?.finish('done');
    await until('there is a place', () => agent.listener.active === 0);
    assert.equal(resultIn((await say(agent, 'say x', { messageId: 'next' })).task), 'x');
  });

  test('does not take an answer either, and the question stands', async () => {
    const agent = await openAgent({ about: { capacity: 1 } });
    const asked = await say(agent, 'ask which?');
    await say(agent, 'wait', { wait: false });
    const answer = { taskId: asked.task.id, messageId: 'answer' };
    assert.equal((await say(agent, 'this', answer)).status, 503);
    agent.runs[1]?.finish('done');
    await until('there is a place', () => agent.listener.active === 1);
    assert.equal(resultIn((await say(agent, 'this', answer)).task), 'which? this');
  });

  test('a handler that could do it later gives it back while nobody was told of it', async () => {
    const agent = await openAgent();
    for (const wait of [true, false]) {
      const refused = await say(agent, 'later the model is asleep', { messageId: 'same', wait });
      assert.deepEqual([refused.status, refused.body['busy']], [503, true]);
      assert.match(refused.error, /the model is asleep/u);
    }
    assert.equal(agent.runs.length, 2, 'it is carried out anew when it comes again');
  });

  test('after that it is a failure which says that it could be tried again', async () => {
    const agent = await openAgent({
      async handler({ context }) {
        context.progress('began');
        await context.ask('go on?');
        const { TryLater } = await import('../../src/runtime/agent/work.ts');
        throw new TryLater('no more today');
      },
    });
    const asked = await say(agent, 'go');
    const { task } = await say(agent, 'yes', { taskId: asked.task.id });
    assert.deepEqual(
      [task.status.state, noteIn(task), task.metadata?.['retryable']],
      ['TASK_STATE_FAILED', 'no more today', true],
    );
  });
});

describe('the tasks of an agent', () => {
  test('are listed by context, page by page, each once', async () => {
    const agent = await openAgent();
    for (let index = 0; index < 5; index += 1) {
      await say(agent, `say ${index}`, { contextId: 'c' });
    }
    await say(agent, 'say other', { contextId: 'd' });
    const seen: string[] = [];
    let pageToken = '';
    do {
      const params = { contextId: 'c', pageSize: 2, pageToken, includeArtifacts: true };
      const { body } = await rpc(agent.url, { version: '1.0', method: 'ListTasks', params });
      const page = body['result'] as { tasks: never[]; nextPageToken: string; totalSize: number };
      assert.equal(page.totalSize, 5);
      seen.push(...page.tasks.map(resultIn));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    assert.deepEqual(seen.toSorted(), ['0', '1', '2', '3', '4']);
  });

  test('a result of any kind comes back as it is', async () => {
    const parts = [
      { kind: 'data' as const, data: { a: [1, null] } },
      { kind: 'file' as const, name: 'a.bin', mimeType: 'application/x', bytes: 'AAEC' },
    ];
    const agent = await openAgent({ handler: () => ({ text: 'see', parts, usage: { inputTokens: 3, costUsd: 0.5 } }) });
    const { task } = await say(agent, 'go');
    assert.deepEqual(task.artifacts?.[0]?.parts, [
      { text: 'see' },
      { data: { a: [1, null] } },
      { raw: 'AAEC', filename: 'a.bin', mediaType: 'application/x' },
    ]);
    assert.deepEqual(task.metadata?.['usage'], { input_tokens: 3, cost_usd: 0.5 });
  });

  test('a result that is none, or too large, is a failure that says so', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const results: [unknown, RegExp][] = [
      [undefined, /neither a text nor parts/u],
      [{ parts: [{ kind: 'data', data: circle }] }, /not JSON/u],
      [{ parts: [{ kind: 'data', data: 1n }] }, /not JSON/u],
      [{ parts: [{ kind: 'poem' }] }, /neither text nor data/u],
      ['x'.repeat(2000), /more than the 1000/u],
    ];
    for (const [result, words] of results) {
      const agent = await openAgent({ handler: () => result as string, limits: { resultBytesMax: 1000 } });
      const { task } = await say(agent, 'go');
      assert.equal(task.status.state, 'TASK_STATE_FAILED');
      assert.match(noteIn(task), words);
    }
  });
});
