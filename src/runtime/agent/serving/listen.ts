/**
 * An agent that is called: a small A2A server for one handler, in both versions of the protocol at one address.
 *
 * It keeps its tasks in memory and nothing else: what must survive is the platform's, which calls again with the same
 * message. Where all places are taken it says so and lets the platform keep the order. It stops in one of two ways and
 * leaves nothing open.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../../a2a/index.ts';
import type { Clock } from '../../../core/ports/index.ts';
import type { Errand } from '../../errand.ts';
import type { Handler } from '../work.ts';
import { type About, cardOf } from './card.ts';
import { guardWith, isLoopback, type Word } from './guard.ts';
import { type ServingLimits, SERVING_LIMITS } from './limits.ts';
import { Reception } from './reception.ts';
import { Room } from './room.ts';
import { Streams } from './streams.ts';

export interface Listening {
  /** This machine alone, if nothing is said. */
  host?: string;
  /** 0 for any that is free. */
  port: number;
  /** Where others reach it, if that is not where it listens. */
  publicUrl?: string;
  /** Who may call besides its platform; on loopback, without one, whoever is on this machine. */
  token?: string;
  limits?: Partial<ServingLimits>;
}

export interface ListenMeans {
  clock: Clock;
  /** Enough chance for a name that nobody guesses. */
  random: () => string;
  /** For tasks that are no delegation of ours there is no token. It is asked for at each call, since it may change. */
  connect: (attemptToken: () => string | undefined) => Errand;
  /** Whether the platform it serves knows this token as that of an attempt at this agent. */
  isAttempt?: (token: string) => Promise<Word>;
  onFault: (error: unknown) => void;
}

export interface Stopping {
  /** Let what is at work come to its end, or tell it to stop at once, in the middle of a draining too. */
  mode: 'drain' | 'cancel';
  drainMs: number;
}

export interface Listener {
  readonly url: string;
  readonly card: Json;
  /** Tasks whose handler has not returned. */
  readonly active: number;
  stop(stopping: Stopping): Promise<void>;
}

/** What never became a request; all else is a bad one. */
const NO_REQUEST: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

interface Parts {
  server: Server;
  room: Room;
  streams: Streams;
  clock: Clock;
  limits: ServingLimits;
}

export async function listen(
  handler: Handler,
  about: About,
  listening: Listening,
  means: ListenMeans,
): Promise<Listener> {
  const { host = '127.0.0.1', port } = listening;
  const token = listening.token === '' ? undefined : listening.token;
  const isLocal = isLoopback(host);
  if (token === undefined && means.isAttempt === undefined && !isLocal) {
    throw new Error(`Whoever listens on ${host} needs a token, so that not everybody can call: set \`token\`.`);
  }
  const { clock } = means;
  const limits = { ...SERVING_LIMITS, ...listening.limits };
  const room = new Room({ ...means, limits, handler, capacity: about.capacity });
  const streams = new Streams({ clock, limits });
  const guard = guardWith({ token, isAttempt: means.isAttempt, isLocal });
  const reception = new Reception({ clock, limits, room, streams, onFault: means.onFault, guard });
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    connectionsCheckingInterval: 5000,
  });
  server.maxConnections = limits.connectionsMax;
  server.on('request', (request, response) => void reception.receive(request, response));
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket) => {
    if (socket.writable) {
      const status = NO_REQUEST[code] ?? '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.on('error', means.onFault);
  const url = listening.publicUrl ?? addressOf(server, host);
  const card = cardOf(about, url, token !== undefined || !isLocal);
  reception.card = card;
  const hurry = Promise.withResolvers<undefined>();
  let stopped: Promise<void> | undefined;
  return {
    url,
    card,
    get active() {
      return room.active;
    },
    async stop({ mode, drainMs }) {
      if (mode === 'cancel') {
        hurry.resolve(undefined);
      }
      stopped ??= stop({ server, room, streams, clock, limits }, drainMs, hurry.promise);
      await stopped;
    },
  };
}

function addressOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

/**
 * New work is refused from the first moment, while what is known can still be asked for, answered and cancelled. What
 * does not end in its time is told to stop, and its caller that it may be tried again.
 */
async function stop(parts: Parts, drainMs: number, hurry: Promise<undefined>): Promise<void> {
  const { server, room, streams, clock, limits } = parts;
  const hadWork = room.active > 0;
  room.close();
  await within(clock, drainMs, Promise.race([room.whenQuiet(), hurry]));
  for (const job of room.book.jobs) {
    job.stop('stopping');
  }
  // One turn more than a handler has to confirm, so that those who follow it hear that it did not.
  await within(clock, limits.confirmMs + 1, room.whenQuiet());
  if (hadWork) {
    await pause(clock, limits.lingerMs);
  }
  streams.end();
  room.book.stop();
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  await within(clock, limits.lingerMs, closed);
  server.closeAllConnections();
  await closed;
}

async function within(clock: Clock, ms: number, done: Promise<unknown>): Promise<void> {
  await new Promise<unknown>((resolve) => {
    const timer = clock.after(ms, () => resolve(undefined));
    void done.then(resolve).finally(() => timer.cancel());
  });
}

async function pause(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => void clock.after(ms, resolve));
}
