/** The official SDK's own client, in 1.0 and through its 0.3 layer, with an agent that listens. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { SendMessageRequest, TaskState, type Part, type StreamResponse, type Task } from '@a2a-js/sdk';
import { type Client, ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { type Agent, closeAgents, openAgent, type Version } from './agent-serving-stage.ts';
import { until } from './support.ts';

after(closeAgents);

/** In 0.3 the card is one that says nothing of 1.0. */
async function clientOf(agent: Agent, version: Version): Promise<Client> {
  const legacyCompat = { enabled: true };
  const factory = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ legacyCompat })],
    cardResolver: new DefaultAgentCardResolver({
      legacyCompat,
      async fetchImpl(input, init) {
        const response = await fetch(input, init);
        const { supportedInterfaces, ...older } = (await response.json()) as Record<string, unknown>;
        return Response.json(version === '1.0' ? { ...older, supportedInterfaces } : older);
      },
    }),
  });
  return factory.createFromUrl(agent.url);
}

let messages = 0;

function request(text: string, more: { taskId?: string; wait?: boolean } = {}): SendMessageRequest {
  messages += 1;
  const { taskId = '', wait = true } = more;
  return SendMessageRequest.fromJSON({
    message: { messageId: `sdk-${messages}`, role: 'ROLE_USER', taskId, parts: [{ text }] },
    configuration: { returnImmediately: !wait },
  });
}

function textIn(parts: readonly Part[] = []): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

async function send(client: Client, asked: SendMessageRequest): Promise<Task> {
  const sent = await client.sendMessage(asked);
  assert.ok('status' in sent, JSON.stringify(sent));
  return sent;
}

for (const version of ['0.3', '1.0'] as const) {
  describe(`the SDK's client, ${version}`, () => {
    test('sends, and has the result', async () => {
      const agent = await openAgent();
      const client = await clientOf(agent, version);
      const task = await send(client, request('say hello'));
      assert.equal(task.status?.state, TaskState.TASK_STATE_COMPLETED);
      assert.equal(textIn(task.artifacts[0]?.parts), 'hello');
      const read = await client.getTask({ tenant: '', id: task.id });
      assert.equal(textIn(read.artifacts[0]?.parts), 'hello');
    });

    test('is asked, and answers', async () => {
      const agent = await openAgent();
      const client = await clientOf(agent, version);
      const asked = await send(client, request('ask which?'));
      assert.equal(asked.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
      assert.equal(textIn(asked.status?.message?.parts), 'which?');
      const task = await send(client, request('this', { taskId: asked.id }));
      assert.equal(textIn(task.artifacts[0]?.parts), 'which? this');
    });

    test('streams a task from its beginning to its end', async () => {
      const agent = await openAgent();
      const client = await clientOf(agent, version);
      const kinds: string[] = [];
      for await (const event of client.sendMessageStream(request('work half way'))) {
        kinds.push(kindOf(event));
        if (kinds.length === 2) {
          agent.runs[0]?.finish('made');
        }
      }
      assert.deepEqual(kinds, ['task', 'statusUpdate', 'artifactUpdate', 'statusUpdate']);
    });

    test('comes back to a task at work, and cancels it', async () => {
      const agent = await openAgent();
      const client = await clientOf(agent, version);
      const { id } = await send(client, request('work on it', { wait: false }));
      const kinds: string[] = [];
      for await (const event of client.resubscribeTask({ tenant: '', id })) {
        kinds.push(kindOf(event));
        if (kinds.length === 1) {
          const cancelled = await client.cancelTask({ tenant: '', id, metadata: undefined });
          assert.equal(cancelled.status?.state, TaskState.TASK_STATE_CANCELED);
        }
      }
      assert.deepEqual(kinds, ['task', 'statusUpdate']);
      await until('the handler has returned', () => agent.listener.active === 0);
    });

    test('is told by its own errors what cannot be', async () => {
      const agent = await openAgent();
      const client = await clientOf(agent, version);
      const { id } = await send(client, request('say x'));
      await assert.rejects(client.getTask({ tenant: '', id: 'none' }), { name: 'TaskNotFoundError' });
      await assert.rejects(client.cancelTask({ tenant: '', id, metadata: undefined }), {
        name: 'TaskNotCancelableError',
      });
    });
  });
}

test("the SDK's client lists the tasks of a context in 1.0", async () => {
  const agent = await openAgent();
  const client = await clientOf(agent, '1.0');
  const task = await send(client, request('say x'));
  const listed = await client.listTasks({
    tenant: '',
    contextId: task.contextId,
    status: TaskState.TASK_STATE_UNSPECIFIED,
    pageSize: 10,
    pageToken: '',
    statusTimestampAfter: undefined,
  });
  assert.deepEqual(
    listed.tasks.map(({ id }) => id),
    [task.id],
  );
});

function kindOf({ payload }: StreamResponse): string {
  return payload?.$case ?? 'nothing';
}
