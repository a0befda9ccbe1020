/** The official SDK's own server as the peer, in 1.0 and through its 0.3 layer. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { AgentCard, Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
} from '@a2a-js/sdk/server';
import { a2aCarrier } from '../../../src/carriers/a2a/carrier.ts';
import type { Carrier } from '../../../src/core/ports/index.ts';
import type { Workspace } from '../../../src/core/workspace/index.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, watched } from '../../../src/testing/carrier-suite.ts';

interface SdkPeer {
  card(version: '0.3' | '1.0', streaming: boolean): Record<string, unknown>;
  url: string;
  close(): void;
}

/** The task's text says what to do. */
function executor(): AgentExecutor {
  const open = new Map<string, () => void>();
  return {
    async execute(request, bus) {
      const { taskId, contextId, userMessage } = request;
      const first = userMessage.parts[0]?.content;
      const wish = first?.$case === 'text' ? first.value : '';
      const say = (state: string, text = ''): void => {
        const message = { messageId: `m-${state}`, role: 'ROLE_AGENT', taskId, contextId, parts: [{ text }] };
        const status = { state, timestamp: new Date().toISOString(), ...(text === '' ? {} : { message }) };
        bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ taskId, contextId, status })));
      };
      const make = (text: string, append: boolean): void => {
        const artifact = { artifactId: 'a', parts: [{ text }] };
        const event = { taskId, contextId, artifact, append, lastChunk: append };
        bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON(event)));
      };
      if (wish.startsWith('message')) {
        const message = { messageId: 'm', role: 'ROLE_AGENT', contextId, parts: [{ text: 'hello' }] };
        bus.publish(AgentEvent.message(Message.fromJSON(message)));
        bus.finished();
        return;
      }
      const status = { state: 'TASK_STATE_SUBMITTED', timestamp: new Date().toISOString() };
      bus.publish(AgentEvent.task(request.task ?? Task.fromJSON({ id: taskId, contextId, status })));
      if (request.task !== undefined) {
        make(`heard: ${wish}`, false);
        say('TASK_STATE_COMPLETED');
      } else if (wish.startsWith('work')) {
        say('TASK_STATE_WORKING', 'half way');
        await new Promise((resolve) => {
          setTimeout(resolve, 40);
        });
        make('one', false);
        make('two', true);
        say('TASK_STATE_COMPLETED');
      } else if (wish.startsWith('ask')) {
        say('TASK_STATE_INPUT_REQUIRED', 'which one?');
      } else if (wish.startsWith('fail')) {
        say('TASK_STATE_FAILED', 'no disk');
      } else {
        say('TASK_STATE_WORKING', 'for ever');
        await new Promise<void>((resolve) => {
          open.set(taskId, resolve);
        });
        say('TASK_STATE_CANCELED');
      }
      bus.finished();
    },
    async cancelTask(taskId) {
      open.get(taskId)?.();
    },
  };
}

async function sdkPeer(): Promise<SdkPeer> {
  const card = AgentCard.fromJSON({
    name: 'sdk',
    description: 'of the SDK',
    version: '1',
    supportedInterfaces: [{ url: 'http://x/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
  });
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor());
  const v1 = new JsonRpcTransportHandler(handler);
  const v03 = new LegacyJsonRpcTransportHandler(handler);
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks = await request.toArray();
    const isV1 = request.headers['a2a-version'] === '1.0';
    const context = new ServerCallContext({ requestedVersion: isV1 ? '1.0' : '0.3' });
    const answer = await (isV1 ? v1 : v03).handle(Buffer.concat(chunks).toString('utf8'), context);
    if (!(Symbol.asyncIterator in answer)) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    try {
      for await (const event of answer) {
        response.write(`data: ${JSON.stringify(event)}\n\n`);
      }
    } catch (error) {
      const failure = JsonRpcTransportHandler.mapToJSONRPCError(error);
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: null, error: failure })}\n\n`);
    }
    response.end();
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    card: (version, streaming) => ({
      name: 'sdk',
      capabilities: { streaming },
      ...(version === '1.0'
        ? { supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }
        : { url, protocolVersion: '0.3.0' }),
    }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

let peer: SdkPeer;
let carrier: Carrier;
before(async () => {
  peer = await sdkPeer();
  carrier = a2aCarrier({ clock: systemClock, loopback: true, pollFirstMs: 5, pollMostMs: 20, cancelMs: 2000 });
});
after(async () => {
  await carrier.close();
  peer.close();
});

for (const version of ['0.3', '1.0'] as const) {
  for (const streaming of [false, true]) {
    describe(`the SDK's server, ${version}, ${streaming ? 'streamed' : 'polled'}`, () => {
      const callee = (): Workspace => calleeAt({ url: peer.url, card: peer.card(version, streaming) });

      test('C4: a message is the result', async () => {
        const outcome = await carrier.deliver(assignmentFor(callee(), { task: 'message' }), watched());
        assert.deepEqual(outcome, { kind: 'completed', output: { text: 'hello' } });
      });

      test('C8: a task is followed to its end', async () => {
        const told = watched();
        const outcome = await carrier.deliver(assignmentFor(callee(), { task: 'work' }), told);
        assert.equal(outcome.kind === 'completed' && outcome.output.text, 'one\ntwo', JSON.stringify(outcome));
        assert.equal(told.acknowledged.length, 1);
      });

      test('C6: a failed task is failed', async () => {
        const outcome = await carrier.deliver(assignmentFor(callee(), { task: 'fail' }), watched());
        assert.equal(outcome.kind === 'failed' && outcome.error, 'no disk', JSON.stringify(outcome));
      });

      test('C16: a question is asked, and its answer reaches the task', async () => {
        const asked = await carrier.deliver(assignmentFor(callee(), { task: 'ask' }), watched());
        assert.ok(asked.kind === 'asked', JSON.stringify(asked));
        assert.equal(asked.question, 'which one?');
        const remote = { remoteTask: asked.remote?.task ?? '', remoteContext: asked.remote?.context ?? '' };
        const given = { task: 'ask', answer: 'the red one', ...remote };
        const outcome = await carrier.deliver(assignmentFor(callee(), given), watched());
        assert.equal(
          outcome.kind === 'completed' && outcome.output.text,
          'heard: the red one',
          JSON.stringify(outcome),
        );
      });

      test('C9: a cancel is confirmed', async () => {
        const told = watched();
        const running = carrier.deliver(assignmentFor(callee(), { task: 'hang' }), told);
        await told.alive;
        told.stop('cancelled');
        const outcome = await running;
        assert.equal(outcome.kind, 'cancelled', JSON.stringify(outcome));
      });
    });
  }
}

test('C11: the SDK in 1.0 with a card that says nothing of it is reached after all', async () => {
  const callee = calleeAt({ url: peer.url });
  const outcome = await carrier.deliver(assignmentFor(callee, { task: 'message' }), watched());
  assert.equal(outcome.kind, 'completed');
});
