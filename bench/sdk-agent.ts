/**
 * The yardstick's peer: the official A2A SDK's own server (its Express middleware, its request handler, its memory
 * store), set up as its documentation does, answering with a completed task. Nothing is stored.
 *
 * It serves in the process that asks for it, or, started as a program, in one of its own.
 */
import type { AddressInfo } from 'node:net';
import { AgentCard, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore, type AgentExecutor } from '@a2a-js/sdk/server';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';

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

export interface SdkAgent {
  url: string;
  close(): Promise<void>;
}

export async function openSdkAgent(): Promise<SdkAgent> {
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const requestHandler = new DefaultRequestHandler(cardOf(url), new InMemoryTaskStore(), executor);
  app.use('/', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
  return {
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export function cardOf(url: string): AgentCard {
  return AgentCard.fromJSON({
    name: 'sdk',
    description: 'the yardstick',
    version: '1',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
  });
}

if (import.meta.main) {
  const agent = await openSdkAgent();
  console.log(agent.url);
  process.on('disconnect', () => process.exit(0));
}
