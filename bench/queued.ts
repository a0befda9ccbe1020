/**
 * A hundred thousand delegations in the queues of a platform: what it holds in memory, and what a look at them costs.
 */
import { request } from 'undici';
import { at, type Figure } from './figure.ts';
import type { Plan } from './plan.ts';
import { openPlatform, type Platform } from './platform.ts';
import { TEXT } from './traffic.ts';

const CALLEES = 200;
const BATCH = 100;
const LOOKS = 200;

export async function benchQueued(plan: Plan): Promise<Figure[]> {
  const total = plan.quick ? 10_000 : 100_000;
  plan.tell(`… ${total} queued`);
  const platform = await openPlatform({ ERRAND_QUEUE_PER_ORG_MAX: '1000000' });
  try {
    await call(platform, 'POST', '/workspaces', { id: 'caller', name: 'caller' });
    for (let index = 0; index < CALLEES; index += 1) {
      await call(platform, 'POST', '/workspaces', { id: `callee-${index}`, name: 'callee', carrier: 'pull' });
    }
    const last = await fill(platform, total);
    const resident = platform.residentMb();
    const page = '/workspaces/caller/delegations?status=queued&limit=50';
    return [
      { name: `${total} queued, resident`, unit: 'MB', rounds: [resident], target: { most: 300 } },
      await looks(platform, `${total} queued, page of 50`, page),
      await looks(platform, `${total} queued, one and its place`, `/workspaces/caller/delegations/${last}`),
    ];
  } finally {
    await platform.close();
  }
}

/** Answers with the id of the last one. */
async function fill(platform: Platform, total: number): Promise<string> {
  let last = '';
  for (let made = 0; made < total; made += BATCH) {
    const tasks = Array.from({ length: BATCH }, (_, index) => ({
      target_id: `callee-${(made + index) % CALLEES}`,
      task: TEXT,
    }));
    const { delegations } = await call(platform, 'POST', '/workspaces/caller/delegate/batch', { tasks });
    last = String((delegations as { delegation_id: string }[]).at(-1)?.delegation_id);
  }
  return last;
}

async function looks(platform: Platform, name: string, path: string): Promise<Figure> {
  const times: number[] = [];
  for (let index = 0; index < LOOKS; index += 1) {
    const began = performance.now();
    await call(platform, 'GET', path);
    times.push(performance.now() - began);
  }
  return { name: `${name}, p50`, unit: 'ms', rounds: [at(times, 0.5)] };
}

async function call(platform: Platform, method: 'GET' | 'POST', path: string, body?: object) {
  const { statusCode, body: answer } = await request(platform.url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const json = (await answer.json()) as Record<string, unknown>;
  if (statusCode >= 300) {
    throw new Error(`${path}: ${JSON.stringify(json)}`);
  }
  return json;
}
