/**
 * The yardstick's caller: the official A2A SDK's client, talking to its server directly. Nothing is stored.
 */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AgentCard, SendMessageRequest } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { TEXT } from './traffic.ts';

export interface Direct {
  run(inFlight: number, total: number): Promise<{ perSecond: number; total: number[] }>;
  close(): Promise<void>;
}

export async function direct(): Promise<Direct> {
  const child = fork(new URL('sdk-peer.ts', import.meta.url), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const url = await firstLine(child.stdout);
  const client = await new ClientFactory().createFromAgentCard(cardOf(url));
  let counter = 0;
  const call = async (): Promise<void> => {
    counter += 1;
    const message = { messageId: `m-${counter}`, role: 'ROLE_USER', parts: [{ text: TEXT }] };
    const answer: unknown = await client.sendMessage(SendMessageRequest.fromJSON({ message }));
    if (!JSON.stringify(answer).includes('xxxx')) {
      throw new Error(`The SDK answered ${JSON.stringify(answer).slice(0, 200)}.`);
    }
  };
  return {
    async run(inFlight, total) {
      const times: number[] = [];
      let started = 0;
      const began = performance.now();
      await Promise.all(
        Array.from({ length: inFlight }, async () => {
          while (started < total) {
            started += 1;
            const from = performance.now();
            await call();
            times.push(performance.now() - from);
          }
        }),
      );
      return { perSecond: (total / (performance.now() - began)) * 1000, total: times };
    },
    async close() {
      const ended = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.disconnect();
      await ended;
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream !== null) {
    for await (const line of createInterface({ input: stream })) {
      return line;
    }
  }
  throw new Error('The yardstick did not say where it serves.');
}

function cardOf(url: string): AgentCard {
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
