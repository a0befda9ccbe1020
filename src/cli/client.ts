/**
 * One platform as a command sees it: its address, the key, the seat it speaks for, and calls that fail in words.
 *
 * It speaks HTTP like everybody else and knows no route that others could not use. The operator's key is sent only to
 * this machine or to the very address that the platform of that data directory left, never to another host.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressIn } from './address.ts';
import type { Flags } from './command.ts';
import { EXIT, Failure, usage, type Exit } from './failure.ts';
import { textOf } from './flags.ts';

const DATA = '.errand';
const OPERATOR = 'operator';
const DEFAULT_URL = 'http://127.0.0.1:4310';
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface Target {
  url: string;
  token?: string;
  from?: string;
  /** The data directory, where the platform serves from one on this machine. */
  data?: string;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
  /** The platform's clock, to the second. */
  at: number;
}

interface Sending {
  method: string;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export class Client {
  readonly url: string;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
    this.url = target.url;
  }

  /** The seat it speaks for. */
  get from(): string {
    return this.#target.from ?? OPERATOR;
  }

  get data(): string | undefined {
    return this.#target.data;
  }

  get token(): string | undefined {
    return this.#target.token;
  }

  /** Somebody said for which seat; else the operator looks at all of them. */
  get isForOne(): boolean {
    return this.#target.from !== undefined;
  }

  forSeat(workspace: string): Client {
    return new Client({ ...this.#target, from: workspace });
  }

  /** A path below the seat it speaks for. */
  seat(path: string, workspace = this.from): string {
    return `/workspaces/${encodeURIComponent(workspace)}${path}`;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return (await this.call<T>(path, { method: 'GET', query })).body;
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return (await this.call<T>(path, { method: 'POST', body })).body;
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    return (await this.call<T>(path, { method: 'PATCH', body })).body;
  }

  async delete<T>(path: string): Promise<T> {
    return (await this.call<T>(path, { method: 'DELETE' })).body;
  }

  async call<T>(path: string, sending: Sending): Promise<Answer<T>> {
    const response = await this.open(path, sending);
    const text = await response.text().catch((cause: unknown) => {
      throw this.#unreachable(cause);
    });
    const body = parse(text);
    if (!response.ok) {
      throw refused(response, body);
    }
    const at = Date.parse(response.headers.get('date') ?? '');
    return { status: response.status, body: body as T, headers: response.headers, at };
  }

  /** The bare answer, for what is not JSON or does not end. */
  async open(path: string, sending: Sending): Promise<Response> {
    const { token } = this.#target;
    const { body, signal } = sending;
    try {
      return await fetch(`${this.url}${path}${search(sending.query)}`, {
        method: sending.method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...sending.headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      throw this.#unreachable(cause);
    }
  }

  #unreachable(cause: unknown): Failure {
    const root = cause instanceof Error ? (cause.cause ?? cause) : cause;
    const why = root instanceof Error ? (('code' in root ? root.code : undefined) ?? root.message) : root;
    return new Failure(
      {
        code: 'unreachable',
        message: `no platform answers at ${this.url} (${String(why)})`,
        fix: 'Start one with errand up, or name another with --url or ERRAND_URL.',
        exit: EXIT.unreachable,
      },
      { cause },
    );
  }
}

/** What the options, the environment and the data directory say, in this order. */
export function targetOf(flags: Flags, environment: NodeJS.ProcessEnv = process.env): Target {
  const data = textOf(flags, 'data') ?? environment['ERRAND_DATA'] ?? DATA;
  const left = addressIn(data);
  const url = (
    textOf(flags, 'platform') ??
    textOf(flags, 'url') ??
    environment['ERRAND_URL'] ??
    left ??
    DEFAULT_URL
  ).replace(/\/+$/u, '');
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/u.test(parsed.protocol)) {
    throw usage(`${url} is not the address of a platform.`, 'It begins with http:// or https://.');
  }
  const isOurs = url === left || LOOPBACK.has(parsed.hostname);
  const token = textOf(flags, 'token') ?? environment['ERRAND_TOKEN'] ?? (isOurs ? operatorKeyIn(data) : undefined);
  const from = textOf(flags, 'from') ?? environment['ERRAND_WORKSPACE'];
  return {
    url,
    ...(token === undefined ? {} : { token }),
    ...(from === undefined ? {} : { from }),
    ...(url === left ? { data } : {}),
  };
}

function operatorKeyIn(data: string): string | undefined {
  try {
    const key = readFileSync(join(data, 'operator.key'), 'utf8').trim();
    return key === '' ? undefined : key;
  } catch {
    // Not there, or not ours to read: then the options have to say it.
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever answered is not a platform; the status still says something.
    return undefined;
  }
}

function search(query: Query = {}): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) {
      said.set(name, String(value));
    }
  }
  return said.size === 0 ? '' : `?${said.toString()}`;
}

function refused(response: Response, body: unknown): Failure {
  const said = (body ?? {}) as { error?: unknown; code?: unknown; fix?: unknown };
  const { status } = response;
  return new Failure({
    code: typeof said.code === 'string' ? said.code : `http_${status}`,
    message: typeof said.error === 'string' ? said.error : `it answered ${status} ${response.statusText}`.trim(),
    ...(typeof said.fix === 'string' ? { fix: said.fix } : {}),
    exit: exitOf(status),
    ...(body === undefined ? {} : { answer: body }),
  });
}

function exitOf(status: number): Exit {
  if (status >= 400 && status < 500) {
    return EXIT.refused;
  }
  return status === 503 ? EXIT.unreachable : EXIT.failed;
}
