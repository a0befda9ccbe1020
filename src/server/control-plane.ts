/**
 * Puts the platform together: store, line, upkeep, carriers, HTTP; and takes it down again in the reverse order.
 *
 * Serving begins when what the process before left behind has been taken back, so that the first answer is already
 * true. Stopping lets requests end, hands leases back, and is through within ten seconds.
 */
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { a2aCarrier, checkUrl } from '../carriers/a2a/carrier.ts';
import { commandCarrier, readProgram } from '../carriers/command/carrier.ts';
import { inProcessCarrier, type Handler } from '../carriers/in-process/carrier.ts';
import { openPostgres } from '../engines/postgres/engine.ts';
import { openSqlite } from '../engines/sqlite/engine.ts';
import type { Carrier } from '../core/ports/index.ts';
import { openLine, type Line } from '../flow/index.ts';
import { createApp, DEFAULT_ORG, Keyring, openMcp, personSeat, type Gateway } from '../gateway/index.ts';
import type { Endpoint } from '../mcp/index.ts';
import { startUpkeep, type Upkeep } from '../upkeep/index.ts';
import { systemClock, systemIds } from './clock.ts';
import { isLoopback, type Config } from './config.ts';
import { FaultLog } from './fault-log.ts';
import { enrolFunctions } from './functions.ts';
import { operatorKey } from './operator-key.ts';
import { VERSION } from './version.ts';

export interface Platform {
  url: string;
  /** What it took back from a process that was gone. */
  rescued: number;
  /** Absent in open mode. */
  operatorKey?: string;
  /** Settles when the store is broken; whoever started the platform ends it then. */
  broken: Promise<Error>;
  close(): Promise<void>;
}

const STOP_MS = 8000;

export type Functions = ReadonlyMap<string, Handler>;

/** `functions`: what takes tasks in this very process, by the ids of their workspaces. */
export async function startPlatform(config: Config, functions: Functions = new Map()): Promise<Platform> {
  const ids = systemIds();
  const owner = `srv_${ids.random()}`;
  const faults = new FaultLog(systemClock, (line) => void process.stderr.write(line));
  const onFault = (error: unknown): void => faults.say(error);
  const { promise: broken, resolve: onBroken } = Promise.withResolvers<Error>();
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const place = { clock: systemClock, ids, limits: config.limits, owner };
  const engine =
    config.database === undefined
      ? await openSqlite({ ...place, onBroken, path: join(config.data, 'errand.db') })
      : await openPostgres({ ...place, url: config.database });
  const rules = { allow: config.allow, loopback: isLoopback(config.host) };
  const carrier = a2aCarrier({
    ...rules,
    clock: systemClock,
    chance: ids.chance,
    resultBytesMax: config.limits.resultBytesMax,
    attemptMs: config.limits.attemptMs,
  });
  // What is taken back from the process before starts before anybody is served; a program of it waits until then.
  const served = Promise.withResolvers<string>();
  const programs = commandCarrier({
    ...{ clock: systemClock, environment: config.environment, onFault },
    resultBytesMax: config.limits.resultBytesMax,
    platformUrl: served.promise,
  });
  const inProcess = inProcessCarrier({ handlers: functions, clock: systemClock });
  const line = await openLine({
    ...{ engine, clock: systemClock, ids, limits: config.limits, owner, onFault },
    carriers: { a2a: carrier, command: programs, in_process: inProcess },
  });
  const carriers = [carrier, programs, inProcess];
  await enrolFunctions(line, [...functions.keys()]);
  const upkeep = await startUpkeep(line);
  const key = config.open ? undefined : await operatorKey(config.data, engine);
  let stopping = false;
  const gateway: Gateway = {
    line,
    limits: config.limits,
    keyring: new Keyring(engine, line.clock, key),
    open: config.open,
    version: VERSION,
    baseUrl: '',
    checkUrl: (url) => checkUrl(url, rules),
    readProgram: (wish) => readProgram(wish, { directory: process.cwd(), environment: config.environment }),
    startedAt: line.clock.now(),
    isStopping: () => stopping,
    onFault,
  };
  await personSeat(gateway, DEFAULT_ORG);
  const mcp = await openMcp(gateway);
  gateway.mcp = mcp;
  const server = await listen(config, gateway).catch(async (error: unknown) => {
    await release({ upkeep, line, carriers, mcp });
    throw error;
  });
  served.resolve(gateway.baseUrl);
  return {
    url: gateway.baseUrl,
    rescued: upkeep.rescued,
    broken,
    ...(key === undefined ? {} : { operatorKey: key }),
    async close() {
      stopping = true;
      await stop({ server, upkeep, line, carriers, mcp });
    },
  };
}

/** What is not even a request is refused in the words of HTTP. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

async function listen(config: Config, gateway: Gateway): Promise<Server> {
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 120_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    connectionsCheckingInterval: 5000,
  });
  server.on('request', createApp(gateway));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (socket.writable) {
      socket.end(
        `HTTP/1.1 ${REFUSALS[error.code ?? ''] ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  gateway.baseUrl =
    config.publicUrl ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  return server;
}

interface Parts {
  upkeep: Upkeep;
  line: Line;
  carriers: readonly Carrier[];
  mcp: Endpoint;
}

async function stop({ server, ...parts }: Parts & { server: Server }): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // Whoever listens is told that there is nothing more to come.
  await parts.mcp.close();
  await parts.upkeep.stop();
  // Long polls and streams end when their connections do; what is still answering gets a moment for it.
  const timer = systemClock.after(parts.line.recorder.depth === 0 ? 200 : STOP_MS, () => server.closeAllConnections());
  await closed;
  timer.cancel();
  await release(parts);
}

async function release({ upkeep, line, carriers, mcp }: Parts): Promise<void> {
  await mcp.close();
  await upkeep.stop();
  await line.recorder.close();
  await Promise.all(carriers.map(async (carrier) => carrier.close()));
  await line.engine.close();
}
