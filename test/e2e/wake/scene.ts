/**
 * A platform, a seat that delegates and one that works, somebody who is woken and does as the test says, and `errand
 * wake` itself in a process of its own.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until, type Fields, type House } from '../../protocol/support.ts';
import { launch } from '../../support/errand.ts';

export const PROGRAM = [process.execPath, join(import.meta.dirname, 'remote-program.ts')];

export interface Seats {
  lead: string;
  peer: string;
  key: string;
}

let made = 0;

export async function seats(house: House): Promise<Seats> {
  made += 1;
  const [lead, peer] = [`lead-${made}`, `peer-${made}`];
  const { token } = await house.seat(lead);
  await house.seat(peer, { pull: true });
  return { lead, peer, key: token };
}

/** A delegation that came to its ending. */
export async function through(house: House, { lead, peer }: Seats, said: string): Promise<string> {
  const { delegation_id: id } = await house.delegate(lead, peer, { task: `task for ${said}` });
  await end(house, peer, said);
  return id;
}

export async function end(house: House, peer: string, said: string): Promise<void> {
  const [assigned] = (await house.call('GET', `/workspaces/${peer}/assignments?wait=20`)).rows;
  const path = `/workspaces/${peer}/assignments/${assigned?.delegation_id}/complete`;
  const answer = await house.call('POST', path, { body: { epoch: assigned?.epoch, text: said } });
  assert.equal(answer.status, 200, answer.text);
}

/** The notices that were not acknowledged, whoever has them in hand. */
export async function open(house: House, { lead }: Seats): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${lead}/inbox?peek=1`)).rows;
}

/** What somebody else who reads the inbox is handed; it is given back at once. */
export async function handedOut(house: House, { lead }: Seats): Promise<string[]> {
  const { rows } = await house.call('GET', `/workspaces/${lead}/inbox`);
  const ids = rows.map(({ id }) => id);
  await house.call('POST', `/workspaces/${lead}/inbox/renew`, { body: { ids, lease_ms: 0 } });
  return ids;
}

export interface Woken {
  turn: string;
  headers: IncomingHttpHeaders;
  /** As it came. */
  body: string;
  given: string[];
  pid: number;
  notices: string;
  folder: string;
  answer: (how: number | string, headers?: Record<string, string>) => void;
  /** Whoever was woken has hung up. */
  isGone: () => boolean;
}

export interface Agent {
  url: string;
  woken: Woken[];
  /** The one with this number, once it is there. */
  nth: (number: number) => Promise<Woken>;
  close: () => Promise<void>;
}

/** Stands behind the program and behind the address: what it is woken with, and how it answers. */
export async function agent(): Promise<Agent> {
  const woken: Woken[] = [];
  const server = createServer((request, response) => {
    hear(request, response)
      .then((one) => woken.push(one))
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    woken,
    nth: async (number) => until(`the agent is woken for the ${number}. time`, () => woken[number - 1]),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function hear(request: IncomingMessage, response: ServerResponse): Promise<Woken> {
  const body = await text(request);
  return {
    ...(JSON.parse(body) as Woken),
    body,
    headers: request.headers,
    answer: (how, headers) => reply(response, how, headers),
    isGone: () => response.destroyed,
  };
}

/** A number above 99 is a status; all else is what the program reads. */
function reply(response: ServerResponse, how: number | string, headers: Record<string, string> = {}): void {
  const isStatus = typeof how === 'number' && how > 99;
  response.writeHead(isStatus ? how : 200, headers);
  response.end(isStatus ? '' : String(how));
}

/** Stands before a platform, and lets nothing through while it is shut. */
export async function gate(platform: string): Promise<{
  url: string;
  shut: (isShut: boolean) => void;
  close: () => Promise<void>;
}> {
  let isShut = false;
  const server = createTcpServer((socket) => {
    if (isShut) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(new URL(platform).port), '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut(is) {
      isShut = is;
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Running {
  child: ChildProcess;
  /** What it said on stderr. */
  said: () => string;
  /** The JSON on its stdout, line by line. */
  lines: () => Fields[];
  ended: () => Promise<number | null>;
  /** Its exit code, once it has ended. */
  stop: (signal: NodeJS.Signals) => Promise<number | null>;
  isOver: () => boolean;
}

const running = new Set<ChildProcess>();

export function wake(words: readonly string[], environment: Record<string, string>, input?: string): Running {
  const child = launch(['wake', ...words], environment, input);
  running.add(child);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  return {
    child,
    said: () => err,
    lines: () =>
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Fields),
    async stop(signal) {
      child.kill(signal);
      const [code] = await exit;
      return code;
    },
    ended: async () => (await exit)[0],
    isOver: () => child.exitCode !== null || child.signalCode !== null,
  };
}

/** `errand wake claude` as Claude Code runs it: what happened comes on stdin. */
export function hook(event: object, environment: Record<string, string>, ...words: string[]): Running {
  return wake(['claude', ...words], environment, JSON.stringify(event));
}

/** Whatever a failed test left behind. */
export function endAll(): void {
  for (const child of running) {
    child.kill('SIGKILL');
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
