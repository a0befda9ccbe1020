/**
 * Ten thousand clients of MCP that wait for one ending: what they cost in memory while nothing happens, that idling
 * costs no processor, and how long it takes until the last of them has been told.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { load } from './load.ts';
import type { Plan } from './plan.ts';
import { openPlatform, type Platform } from './platform.ts';

const AT_ONCE = 250;
const WARM = 5000;
const IDLE_MS = 5000;
const REVISION = '2026-07-28';

export async function benchWaiting(plan: Plan): Promise<Figure[]> {
  const clients = plan.quick ? 1000 : 10_000;
  const platform = await openPlatform();
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  try {
    const id = await delegated(platform);
    // A platform that has done something has its heap at its size; what is measured is what the waiting adds.
    await load({ inFlight: 64, total: WARM }, async () => waitFor(platform, agent, { id, timeoutMs: 0 }));
    const before = platform.residentMb();
    plan.tell(`… ${clients} clients begin to wait`);
    const waiting = await allWaiting(platform, agent, { id, clients });
    const used = platform.usedMs();
    await pause(IDLE_MS);
    const idle = ((platform.usedMs() - used) / IDLE_MS) * 100;
    const held = platform.residentMb() - before;
    const beganAt = performance.now();
    await end(platform, id);
    const told = await Promise.all(waiting);
    const wrong = told.filter((text) => !text.includes('the ending'));
    if (wrong.length > 0) {
      throw new Error(`${wrong.length} of ${clients} were not told: ${wrong[0]?.slice(0, 300)}`);
    }
    return [
      { name: `${clients} waiting, memory for all`, unit: 'MB', rounds: [held], target: { most: 300 } },
      { name: `${clients} waiting, memory for each`, unit: 'kB', rounds: [(held * 1024) / clients] },
      { name: `${clients} waiting, processor while nothing happens`, unit: '%', rounds: [idle] },
      { name: `${clients} waiting, all told`, unit: 'ms', rounds: [performance.now() - beganAt] },
    ];
  } finally {
    agent.destroy();
    await platform.close();
  }
}

/** A task that nobody works on yet. */
async function delegated({ url }: Platform): Promise<string> {
  await post(`${url}/workspaces`, { id: 'lead', name: 'lead' });
  await post(`${url}/workspaces`, { id: 'worker', name: 'worker', pull: true });
  const { delegation_id: id } = await post(`${url}/workspaces/lead/delegate`, { target_id: 'worker', task: 'x' });
  return String(id);
}

async function end({ url }: Platform, id: string): Promise<void> {
  await fetch(`${url}/workspaces/worker/assignments`);
  await post(`${url}/workspaces/worker/assignments/${id}/complete`, { epoch: 1, text: 'the ending' });
}

interface Crowd {
  id: string;
  clients: number;
}

/** A few hundred at a time, so that no connection is refused; each is there when the ones after it begin. */
async function allWaiting(platform: Platform, agent: Agent, { id, clients }: Crowd): Promise<Promise<string>[]> {
  const waiting: Promise<string>[] = [];
  while (waiting.length < clients) {
    const some = Array.from({ length: Math.min(AT_ONCE, clients - waiting.length) }, async () =>
      waitFor(platform, agent, { id, timeoutMs: 45_000 }),
    );
    waiting.push(...some);
    // Whoever is answered after them knows that they were taken in before.
    await waitFor(platform, agent, { id, timeoutMs: 0 });
  }
  return waiting;
}

async function waitFor(platform: Platform, agent: Agent, { id, timeoutMs }: { id: string; timeoutMs: number }) {
  const body = JSON.stringify({
    ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
    params: {
      ...{ name: 'wait_for_tasks', arguments: { task_ids: [id], timeout_ms: timeoutMs } },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': REVISION,
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
      },
    },
  });
  const asking = request(`${platform.url}/workspaces/lead/mcp`, {
    ...{ method: 'POST', agent },
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...{ 'mcp-protocol-version': REVISION, 'mcp-method': 'tools/call', 'mcp-name': 'wait_for_tasks' },
      'content-length': Buffer.byteLength(body),
    },
  });
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(await response.text());
  }
  return (await response.json()) as Record<string, unknown>;
}
