/**
 * Stands before a platform on loopback, lets everything through, and keeps the JSON-RPC messages of both directions.
 */
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Message {
  who: 'client' | 'server';
  method?: string;
  id?: unknown;
  params?: { _meta?: Record<string, unknown>; capabilities?: object; [name: string]: unknown };
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

export interface Wire {
  url: string;
  messages: Message[];
  close: () => Promise<void>;
}

export async function openWire(platform: string): Promise<Wire> {
  const messages: Message[] = [];
  const server = createServer((request, response) => {
    pass(platform, messages, { request, response }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

async function pass(platform: string, messages: Message[], { request, response }: Exchange): Promise<void> {
  const body = await buffer(request);
  keep(messages, 'client', body.toString());
  const { method, url = '/', headers } = request;
  const onward = send(new URL(url, platform), { method, headers: { ...headers, host: new URL(platform).host } });
  response.on('close', () => onward.destroy());
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    let rest = '';
    answer.on('data', (chunk: Buffer) => {
      response.write(chunk);
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        keep(messages, 'server', line);
      }
    });
    answer.on('end', () => {
      keep(messages, 'server', rest);
      response.end();
    });
    answer.on('error', () => response.destroy());
  });
  onward.end(body);
}

/** A message, bare or as the data of an event; everything else is no message. */
export function keep(messages: Message[], who: Message['who'], line: string): void {
  const text = line.replace(/^data:/u, '').trim();
  if (text.startsWith('{')) {
    messages.push({ who, ...(JSON.parse(text) as Omit<Message, 'who'>) });
  }
}
