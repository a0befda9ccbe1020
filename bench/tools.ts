/**
 * Calls of a tool over MCP: the product's HTTP stack, in both eras, against a plain server of the official SDK in the
 * same rounds. Each has a process of its own, and the same light client in this one.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { at, type Figure } from './figure.ts';
import { load, type Load } from './load.ts';
import type { Plan } from './plan.ts';
import { RawClient } from './raw-client.ts';

const IN_FLIGHT = 16;

interface Served {
  /** Of its process, in milliseconds of the processor. */
  used: () => Promise<number>;
  call: (index: number) => Promise<void>;
  close: () => void;
}

export async function benchTools(plan: Plan): Promise<Figure[]> {
  const ours = await open('ours');
  const older = await open('ours', true);
  const theirs = await open('sdk');
  const total = plan.quick ? 1000 : 6000;
  plan.tell('… warming up');
  for (const served of [ours, older, theirs]) {
    await load({ inFlight: IN_FLIGHT, total }, served.call);
  }
  const all = { ours, older, theirs };
  const rounds: Record<keyof typeof all, Round[]> = { ours: [], older: [], theirs: [] };
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.tell(`… tools/call, round ${round + 1}`);
    for (const [name, served] of Object.entries(all) as [keyof typeof all, Served][]) {
      rounds[name].push(await roundOf(served, total));
    }
  }
  for (const served of Object.values(all)) {
    served.close();
  }
  return [
    ...figuresOf('tools/call, modern', rounds.ours),
    ...figuresOf('tools/call, in a session', rounds.older),
    ...figuresOf('tools/call, a plain server of the SDK', rounds.theirs),
    ...against('tools/call, modern, against the SDK', rounds.ours, rounds.theirs),
    ...against('tools/call, in a session, against the SDK', rounds.older, rounds.theirs),
  ];
}

interface Round extends Load {
  /** Of the server's processor, for each call, in milliseconds. */
  cost: number;
}

async function roundOf({ used, call }: Served, total: number): Promise<Round> {
  const before = await used();
  const done = await load({ inFlight: IN_FLIGHT, total }, call);
  return { ...done, cost: ((await used()) - before) / total };
}

function figuresOf(name: string, rounds: readonly Round[]): Figure[] {
  return [
    { name: `${name}, ${IN_FLIGHT} in flight`, unit: 'calls/s', rounds: rounds.map(({ perSecond }) => perSecond) },
    { name: `${name}, p50`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.5)) },
    { name: `${name}, processor`, unit: 'ms/call', rounds: rounds.map(({ cost }) => cost) },
  ];
}

function against(name: string, ours: readonly Round[], theirs: readonly Round[]): Figure[] {
  const ratio = (of: (round: Round) => number): number[] =>
    ours.map((round, index) => of(round) / of(theirs[index] ?? round));
  return [
    { name, unit: '×', rounds: ratio(({ perSecond }) => perSecond), target: { least: 2 } },
    { name: `${name}, by processor`, unit: '×', rounds: ratio(({ cost }) => 1 / cost) },
  ];
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const ACCEPT = 'application/json, text/event-stream';
const MODERN = { accept: ACCEPT, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'echo' };

async function open(kind: 'ours' | 'sdk', isOlder = false): Promise<Served> {
  const child = fork(new URL('mcp-server.ts', import.meta.url), [kind], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=32'],
  });
  const url = new URL(await firstLine(child.stdout));
  const session = isOlder ? await sessionAt(url) : undefined;
  const headers =
    session === undefined
      ? MODERN
      : { accept: ACCEPT, 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': session };
  const client = new RawClient(url, headers);
  const meta = session === undefined ? { _meta: META } : {};
  return {
    async used() {
      const said = once(child, 'message');
      child.send('used');
      const [used] = (await said) as [number];
      return used;
    },
    async call(index) {
      const params = { name: 'echo', arguments: { said: `line ${index}` }, ...meta };
      const body = JSON.stringify({ jsonrpc: '2.0', id: index, method: 'tools/call', params });
      const answer = await client.post(body);
      if (!answer.includes(`line ${index}`)) {
        throw new Error(`It answered ${answer.slice(0, 300)}.`);
      }
    },
    close() {
      client.close();
      child.disconnect();
    },
  };
}

async function sessionAt(url: URL): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } };
  const answer = await fetch(url, {
    method: 'POST',
    headers: { accept: ACCEPT, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'begin', method: 'initialize', params }),
  });
  await answer.text();
  return answer.headers.get('mcp-session-id') ?? '';
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream !== null) {
    for await (const line of createInterface({ input: stream })) {
      return line;
    }
  }
  throw new Error('The server did not say where it serves.');
}
