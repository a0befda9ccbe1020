/**
 * Agents that listen, for tests: a handler that does what its task says, the means it listens with, and calls to it.
 *
 * Everything opened here is closed by `close`. Requests are counted where node announces them.
 */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../src/core/ports/index.ts';
import type { Errand } from '../../src/runtime/errand.ts';
import type { About } from '../../src/runtime/agent/serving/card.ts';
import { listen, type Listener, type Listening } from '../../src/runtime/agent/serving/listen.ts';
import { type Handler, type Task, type TaskContext, TryLater } from '../../src/runtime/agent/work.ts';
import { systemClock, systemIds } from '../../src/server/clock.ts';
import { ManualClock } from '../support/clock.ts';
import { until } from './support.ts';

export interface Run {
  task: Task;
  context: TaskContext;
  stopped: boolean;
  /** Lets a task end that waits for it. */
  finish: (text: string) => void;
}

export interface Agent {
  listener: Listener;
  url: string;
  clock: Clock;
  runs: Run[];
  faults: unknown[];
  /** Tokens that the platform was to be called with, in their order. */
  tokens: (string | undefined)[];
  requests: () => number;
  stop: (mode?: 'drain' | 'cancel', drainMs?: number) => Promise<void>;
}

export interface Wishes extends Partial<Listening> {
  about?: Partial<About>;
  clock?: Clock;
  handler?: (run: Run) => ReturnType<Handler>;
}

const opened: Agent[] = [];

export async function openAgent(wishes: Wishes = {}): Promise<Agent> {
  const { about, clock = systemClock, handler = obey, ...listening } = wishes;
  const runs: Run[] = [];
  const faults: unknown[] = [];
  const tokens: (string | undefined)[] = [];
  const counted = countRequests();
  const listener = await listen(
    async (task, context) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const run: Run = { task, context, stopped: false, finish: resolve };
      context.signal.addEventListener('abort', () => {
        run.stopped = true;
      });
      runs.push(run);
      finishing.set(run, promise);
      return handler(run);
    },
    { name: 'an agent', description: 'does as it is told', skills: ['obey'], version: '1', capacity: 8, ...about },
    { port: 0, ...listening },
    {
      clock,
      random: systemIds().random,
      connect: (token) => errandWith(() => void tokens.push(token())),
      onFault: (fault) => void faults.push(fault),
    },
  );
  const port = new URL(listener.url).port;
  const agent: Agent = {
    listener,
    url: listener.url,
    clock,
    runs,
    faults,
    tokens,
    requests: () => counted.of(port),
    async stop(mode = 'cancel', drainMs = 5000) {
      await listener.stop({ mode, drainMs });
      counted.end();
    },
  };
  opened.push(agent);
  return agent;
}

export async function closeAgents(): Promise<void> {
  await Promise.all(
    opened.splice(0).map(async ({ stop, clock }) => {
      await (clock instanceof ManualClock ? whileTimePasses(clock, stop()) : stop());
    }),
  );
}

/** Moves time on, a second at a time, until what is waited for is there. */
export async function whileTimePasses<T>(clock: ManualClock, waited: Promise<T>): Promise<T> {
  let isOver = false;
  const watched = waited.finally(() => {
    isOver = true;
  });
  await until('it is over', async () => {
    await clock.pass(isOver ? 0 : 1000);
    return isOver;
  });
  return watched;
}

const finishing = new WeakMap<Run, Promise<string>>();

/** The first word of a task says what to do, the rest with what. */
async function obey(run: Run): Promise<Awaited<ReturnType<Handler>>> {
  const { task, context } = run;
  const [verb = '', ...words] = task.text.split(' ');
  const rest = words.join(' ');
  switch (verb) {
    case 'say':
      return rest;
    case 'fail':
      throw new Error(rest);
    case 'later':
      throw new TryLater(rest);
    case 'ask':
      return `${rest} ${await context.ask(rest)}`;
    case 'work':
      context.progress(rest);
      return Promise.race([finishing.get(run) ?? '', stopped(run)]);
    case 'deaf':
      return finishing.get(run) ?? '';
    default:
      return Promise.race([finishing.get(run) ?? '', stopped(run)]);
  }
}

/** Until it is told to stop, and then it confirms. */
async function stopped({ context }: Run): Promise<string> {
  return new Promise((_resolve, reject) => {
    context.signal.addEventListener('abort', () => reject(new Error('stopped')));
  });
}

/** A platform of which only the key matters: it is asked for with each call. */
function errandWith(called: () => void): Errand {
  return {
    get workspace() {
      called();
      return 'here';
    },
    async close() {},
  } as Errand;
}

function countRequests(): { of: (port: string) => number; end: () => void } {
  const byPort = new Map<string, number>();
  const count = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    const port = String(request.socket.localPort);
    byPort.set(port, (byPort.get(port) ?? 0) + 1);
  };
  subscribe('http.server.request.start', count);
  return {
    of: (port) => byPort.get(port) ?? 0,
    end: () => void unsubscribe('http.server.request.start', count),
  };
}

export type Version = '0.3' | '1.0';

export interface Shown {
  id: string;
  contextId: string;
  status: { state: string; timestamp: string; message?: { parts: { text: string }[] } };
  artifacts?: { parts: Record<string, unknown>[] }[];
  metadata?: Record<string, unknown>;
}

export interface Spoken {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  /** The task, where the answer is one. */
  task: Shown;
  code: number | undefined;
  error: string;
}

export interface Saying {
  version?: Version;
  messageId?: string;
  taskId?: string;
  contextId?: string;
  parts?: unknown[];
  metadata?: Record<string, unknown>;
  wait?: boolean;
  headers?: Record<string, string>;
}

const METHODS = {
  '0.3': { send: 'message/send', get: 'tasks/get', cancel: 'tasks/cancel', subscribe: 'tasks/resubscribe' },
  '1.0': { send: 'SendMessage', get: 'GetTask', cancel: 'CancelTask', subscribe: 'SubscribeToTask' },
} as const;

let messages = 0;

export function messageOf(text: string, saying: Saying = {}): Record<string, unknown> {
  const { version = '1.0', messageId, taskId, contextId, metadata = {}, wait = true } = saying;
  messages += 1;
  const part = version === '1.0' ? { text } : { kind: 'text', text };
  return {
    message: {
      ...(version === '1.0' ? { role: 'ROLE_USER' } : { kind: 'message', role: 'user' }),
      messageId: messageId ?? `message-${messages}`,
      ...(taskId === undefined ? {} : { taskId }),
      ...(contextId === undefined ? {} : { contextId }),
      parts: saying.parts ?? [part],
      metadata,
    },
    configuration: version === '1.0' ? { returnImmediately: !wait } : { blocking: wait },
  };
}

export async function say({ url }: Agent, text: string, saying: Saying = {}): Promise<Spoken> {
  const { version = '1.0', headers } = saying;
  return rpc(url, { version, method: METHODS[version].send, params: messageOf(text, saying), ...{ headers } });
}

export async function askFor(
  { url }: Agent,
  what: 'get' | 'cancel',
  id: string,
  version: Version = '1.0',
): Promise<Spoken> {
  return rpc(url, { version, method: METHODS[version][what], params: { id } });
}

export function subscription(version: Version): string {
  return METHODS[version].subscribe;
}

interface RpcCall {
  version?: Version;
  method: string;
  params: unknown;
  headers?: Record<string, string> | undefined;
}

export async function rpc(url: string, { version, method, params, headers }: RpcCall): Promise<Spoken> {
  const response = await post(url, JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }), {
    ...(version === undefined ? {} : { 'a2a-version': version }),
    ...headers,
  });
  return spoken(response);
}

export async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}

export async function spoken(response: Response): Promise<Spoken> {
  const body = JSON.parse(await response.text()) as Record<string, unknown>;
  const result = (body['result'] ?? {}) as Record<string, unknown>;
  const error = (body['error'] ?? {}) as { code?: number; message?: string };
  return {
    status: response.status,
    headers: response.headers,
    body,
    task: (result['task'] ?? result) as unknown as Shown,
    code: error.code,
    error: error.message ?? '',
  };
}

/** The events of a stream, as they come, until it ends. */
export async function* eventsOf(response: Response): AsyncGenerator<Record<string, unknown>> {
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const frames = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames.filter((text) => text.startsWith('data: '))) {
      yield (JSON.parse(frame.slice(6)) as { result: Record<string, unknown> }).result;
    }
  }
}

export async function allEvents(response: Response): Promise<Record<string, unknown>[]> {
  const seen = [];
  for await (const event of eventsOf(response)) {
    seen.push(event);
  }
  return seen;
}

export function resultIn({ artifacts }: Shown): string {
  return (artifacts ?? []).flatMap(({ parts }) => parts.map(({ text }) => String(text))).join('|');
}

export function noteIn({ status }: Shown): string {
  return status.message?.parts[0]?.text ?? '';
}
