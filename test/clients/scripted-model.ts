/**
 * The Messages API as Claude Code calls it, on loopback, answered by a script: no model, no network, no chance.
 *
 * A script is a function from what was heard to what is said next. Requests that are not the conversation (a title, a
 * count) are answered with as little as satisfies them. The same server stands as a proxy before everything else, so
 * whoever tries to reach the world is noted and refused.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export type Block = { say: string } | { call: string; input: Record<string, unknown> };

export interface Heard {
  /** The conversation so far, each message as one text. */
  messages: { role: string; text: string }[];
  /** What was said to it since it spoke last. */
  news: string;
  tools: string[];
  system: string;
}

export interface ScriptedModel {
  url: string;
  heard: Heard[];
  /** Hosts that somebody tried to reach. */
  strangers: string[];
  /** What a script threw: that is where it asserts. */
  faults: unknown[];
  close: () => Promise<void>;
}

const END: readonly Block[] = [{ say: 'The script does not go on.' }];

type Script = (heard: Heard) => readonly Block[] | Promise<readonly Block[]>;

interface Asked {
  stream?: boolean;
  model?: string;
  system?: unknown;
  messages?: { role: string; content: unknown }[];
  tools?: { name: string }[];
}

export async function scriptedModel(script: Script): Promise<ScriptedModel> {
  const heard: Heard[] = [];
  const strangers: string[] = [];
  const faults: unknown[] = [];
  const server = createServer((request, response) => {
    const answered = answer(request, response, async (asked) => {
      const one = heardOf(asked);
      if (one.tools.length === 0) {
        return [{ say: 'ok' }];
      }
      heard.push(one);
      try {
        return faults.length > 0 ? END : await script(one);
      } catch (error) {
        faults.push(error);
        return END;
      }
    });
    answered.catch(() => response.destroy());
  });
  server.on('connect', (request, socket) => {
    strangers.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, heard, strangers, faults, close: () => closeAll(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  say: (asked: Asked) => readonly Block[] | Promise<readonly Block[]>,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (request.method !== 'POST' || !path.startsWith('/v1/messages')) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"type":"error","error":{"type":"not_found_error","message":"not scripted"}}');
    return;
  }
  const asked = (await json(request)) as Asked;
  if (path.endsWith('/count_tokens')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"input_tokens":1}');
    return;
  }
  const blocks = (await say(asked)).map(contentOf);
  const message = messageOf(asked, blocks);
  if (asked.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content: blocks }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of eventsOf(message, blocks)) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

type Content = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: object };

let made = 0;

function contentOf(block: Block): Content {
  if ('say' in block) {
    return { type: 'text', text: block.say };
  }
  return { type: 'tool_use', id: idOf('toolu'), name: block.call, input: block.input };
}

function idOf(kind: string): string {
  made += 1;
  return `${kind}_${String(made).padStart(24, '0')}`;
}

function messageOf({ model = 'scripted' }: Asked, blocks: readonly Content[]) {
  const isCalling = blocks.some(({ type }) => type === 'tool_use');
  return {
    id: idOf('msg'),
    type: 'message',
    role: 'assistant',
    model,
    stop_reason: isCalling ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}

/** The message in the pieces in which a stream brings it. */
function eventsOf(message: ReturnType<typeof messageOf>, blocks: readonly Content[]): { type: string }[] {
  const { stop_reason: reason, stop_sequence: sequence, ...begun } = message;
  const pieces = blocks.flatMap((block, index) => [
    { type: 'content_block_start', index, content_block: emptied(block) },
    { type: 'content_block_delta', index, delta: deltaOf(block) },
    { type: 'content_block_stop', index },
  ]);
  const start = { ...begun, content: [], stop_reason: null, stop_sequence: null };
  return [
    { type: 'message_start', message: start } as { type: string },
    ...pieces,
    {
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: sequence },
      usage: { output_tokens: 1 },
    } as { type: string },
    { type: 'message_stop' },
  ];
}

function emptied(block: Content): Content {
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function deltaOf(block: Content) {
  return block.type === 'text'
    ? { type: 'text_delta', text: block.text }
    : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
}

function heardOf({ messages = [], tools = [], system }: Asked): Heard {
  const told = messages.map(({ role, content }) => ({ role, text: textOf(content) }));
  return {
    messages: told,
    news: told
      .slice(told.findLastIndex(({ role }) => role === 'assistant') + 1)
      .filter(({ role }) => role === 'user')
      .map(({ text }) => text)
      .join('\n'),
    tools: tools.map(({ name }) => name),
    system: textOf(system),
  };
}

/** Of a text, of a block, or of a list of them; what a tool answered is a list in a block. */
function textOf(content: unknown): string {
  if (typeof content === 'string') {
    return content;
  }
  if (Array.isArray(content)) {
    return content.map(textOf).join('\n');
  }
  const { text, content: inner = '' } = (content ?? {}) as { text?: unknown; content?: unknown };
  return typeof text === 'string' ? text : textOf(inner);
}

async function closeAll(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
