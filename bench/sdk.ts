/**
 * The yardstick: a caller and a peer talking directly through the official A2A SDK's client and server.
 *
 * Together in one process, as caller and peer are beside our platform; and the peer in a process of its own, which
 * gives each of them a core and is the most that the SDK can do on two.
 */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SendMessageRequest } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { load, type Amount, type Load } from './load.ts';
import { cardOf, openSdkAgent, type SdkAgent } from './sdk-agent.ts';
import { TEXT } from './traffic.ts';

export interface Direct {
  run(amount: Amount): Promise<Load>;
  close(): Promise<void>;
}

export async function together(): Promise<Direct> {
  return callerOf(await openSdkAgent());
}

export async function apart(): Promise<Direct> {
  return callerOf(await openApart());
}

async function callerOf(agent: SdkAgent): Promise<Direct> {
  const client = await new ClientFactory().createFromAgentCard(cardOf(agent.url));
  let counter = 0;
  const call = async (): Promise<void> => {
    counter += 1;
    const message = { messageId: `m-${counter}`, role: 'ROLE_USER', parts: [{ text: TEXT }] };
    const answer: unknown = await client.sendMessage(SendMessageRequest.fromJSON({ message }));
    if (counter === 1 && !JSON.stringify(answer).includes(TEXT)) {
      throw new Error(`The SDK answered ${JSON.stringify(answer).slice(0, 200)}.`);
    }
  };
  return {
    run: async (amount) => load(amount, call),
    close: agent.close,
  };
}

async function openApart(): Promise<SdkAgent> {
  const child = fork(new URL('sdk-agent.ts', import.meta.url), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  return {
    url: await firstLine(child.stdout),
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
