/**
 * `node bench/hostile-process.ts <harm> <id> <platform>`: one agent that means harm, with somebody who delegates to it all
 * the time, until it is ended. It says when it is at work.
 */
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Harm } from './harms.ts';
import { Client } from './wire.ts';

const CONNECTIONS = 20;
/** A little less than the bound, so that it is taken. */
const RESULT = 'x'.repeat(8 * 1024 * 1024 - 1024);
const LOWEST = 19;
const TAKEN_MOST = 200;
const RENEW_MS = 5000;
const FLOOD = 'while :; do echo oooooooooooooooooooooooooooooooooooooooooo; echo eeeeeeeeeeeeeeeeeeee >&2; done';

const [harm = '', id = '', url = ''] = process.argv.slice(2);
const client = new Client(url);
const lead = `${id}-lead`;

async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const text = await client.call(method, path, body === undefined ? '' : JSON.stringify(body));
  return JSON.parse(text) as unknown;
}

async function delegated(): Promise<void> {
  await call('POST', `/workspaces/${lead}/delegate`, { target_id: id, task: 'x' });
}

interface Given {
  delegation_id: string;
  epoch: number;
}

async function given(): Promise<Given> {
  await delegated();
  const [one] = (await call('GET', `/workspaces/${id}/assignments?wait=10`)) as Given[];
  return one ?? given();
}

async function say({ delegation_id: did, epoch }: Given, verb: string, more: object): Promise<void> {
  await call('POST', `/workspaces/${id}/assignments/${did}/${verb}`, { epoch, ...more });
}

const DO: Readonly<Record<Harm, () => Promise<void>>> = {
  'floods progress': async () => {
    const task = await given();
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (let step = 0; ; step += 1) {
          await say(task, 'progress', { message: `step ${step}`, percent: step % 100 });
        }
      }),
    );
  },
  'returns 8 MB': async () => {
    for (;;) {
      await say(await given(), 'complete', { text: RESULT });
    }
  },
  'never ends': async () => {
    const taken: Given[] = [];
    for (;;) {
      if (taken.length < TAKEN_MOST) {
        taken.push(await given());
      } else {
        await pause(RENEW_MS);
      }
      await call('POST', `/workspaces/${id}/assignments/renew`, { assignments: taken });
    }
  },
  'floods its output': async () => {
    for (;;) {
      await delegated();
      await pause(5000);
    }
  },
};

setPriority(LOWEST);
const seat = harm === 'floods its output' ? { command: { run: ['/bin/sh', '-c', FLOOD] } } : { pull: true };
await call('POST', '/workspaces', { id: lead, name: lead });
await call('POST', '/workspaces', { id, name: id, capacity: harm === 'never ends' ? 1000 : 1, ...seat });
const atWork = DO[harm as Harm]();
await pause(1000);
console.log('It is at work.');
await atWork;
