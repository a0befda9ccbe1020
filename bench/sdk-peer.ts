/**
 * The yardstick's peer, a process of its own: the official A2A SDK's request handler and memory store behind its
 * JSON-RPC transport on node:http (without Express, which would cost it more), answering with a completed task.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentCard, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
  type AgentExecutor,
} from '@a2a-js/sdk/server';

const TEXT = 'x'.repeat(2000);

const executor: AgentExecutor = {
  async execute({ taskId, contextId }, bus) {
    const status = { state: 'TASK_STATE_WORKING', timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.task(Task.fromJSON({ id: taskId, contextId, status })));
    const artifact = { artifactId: 'a', parts: [{ text: TEXT }] };
    bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON({ taskId, contextId, artifact })));
    const done = { state: 'TASK_STATE_COMPLETED', timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ taskId, contextId, status: done })));
    bus.finished();
  },
  async cancelTask() {},
};

let transport: JsonRpcTransportHandler | undefined;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks = await request.toArray();
  const context = new ServerCallContext({ requestedVersion: '1.0' });
  const answer = await transport?.handle(Buffer.concat(chunks).toString('utf8'), context);
  const body = JSON.stringify(answer);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const server = createServer((request, response) => {
  void serve(request, response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const card = AgentCard.fromJSON({
    name: 'sdk',
    description: 'the yardstick',
    version: '1',
    supportedInterfaces: [{ url: `http://127.0.0.1:${port}/`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
  });
  transport = new JsonRpcTransportHandler(new DefaultRequestHandler(card, new InMemoryTaskStore(), executor));
  console.log(`http://127.0.0.1:${port}/`);
});
process.on('disconnect', () => process.exit(0));
