/**
 * A tool called at a desk over the HTTP API, as the adapters do it: how many calls, and how soon a handle is there.
 */
import { openDesk } from '../src/runtime/index.ts';
import { callTool, toolNamed, type ToolContext } from '../src/tools/index.ts';
import { at, type Figure } from './figure.ts';
import { load } from './load.ts';
import type { Plan } from './plan.ts';
import { openPlatform } from './platform.ts';

const CALLEES = 50;
const WORDS = 'Write a haiku about queues.';

export async function benchDesk(plan: Plan): Promise<Figure[]> {
  const platform = await openPlatform({ ERRAND_QUEUE_PER_CALLEE_MAX: '1000000', ERRAND_QUEUE_PER_ORG_MAX: '10000000' });
  try {
    await enrol(platform.url);
    const context: ToolContext = { desk: openDesk({ url: platform.url, workspace: 'lead' }) };
    const total = plan.quick ? 300 : 2000;
    await load({ inFlight: 1, total }, async (index) => delegate(context, index));
    const figures: Figure[] = [];
    for (const inFlight of [1, 16]) {
      plan.tell(`… delegate_task_async over HTTP, ${inFlight} in flight`);
      const rounds = [];
      for (let round = 0; round < plan.rounds; round += 1) {
        rounds.push(await load({ inFlight, total }, async (index) => delegate(context, index)));
      }
      const name = `delegate_task_async at a desk, ${inFlight} in flight`;
      const target = inFlight === 1 ? { target: { most: 5 } } : {};
      figures.push(
        { name, unit: 'calls/s', rounds: rounds.map(({ perSecond }) => perSecond) },
        { name: `${name}, p50`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.5)), ...target },
        { name: `${name}, p99`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.99)) },
      );
    }
    return figures;
  } finally {
    await platform.close();
  }
}

async function delegate(context: ToolContext, index: number): Promise<void> {
  const spec = toolNamed('delegate_task_async');
  if (spec === undefined) {
    throw new Error('There is no such tool.');
  }
  const { isError, text } = await callTool(spec, context, { workspace_id: `w${index % CALLEES}`, task: WORDS });
  if (isError) {
    throw new Error(text);
  }
}

async function enrol(url: string): Promise<void> {
  const seats = [{ id: 'lead' }, ...Array.from({ length: CALLEES }, (_, index) => ({ id: `w${index}`, pull: true }))];
  for (const seat of seats) {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: seat.id, ...seat });
    const response = await fetch(`${url}/workspaces`, { method: 'POST', headers, body });
    if (!response.ok) {
      throw new Error(await response.text());
    }
  }
}
