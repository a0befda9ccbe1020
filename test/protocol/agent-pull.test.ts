/**
 * An agent that fetches its work, against the real platform: what it is handed, what it brings home, and how it leaves.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { agent, TryLater, type Definition, type Served, type ServeOptions } from '../../src/runtime/agent/index.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
const served: Served[] = [];
let seats = 0;

before(async () => {
  house = await openHouse({ open: false, environment: { ERRAND_LEASE_MS: '1500' } });
});

after(async () => {
  await Promise.all(served.map(async (one) => one.stop({ mode: 'cancel' })));
  await house.close();
});

interface Working {
  id: string;
  lead: string;
  token: string;
  served: Served;
  faults: Error[];
  delegate: (task: string, more?: Record<string, unknown>) => Promise<string>;
  ended: (id: string) => Promise<Fields>;
  look: (id: string) => Promise<Fields>;
}

/** An agent of its own, and somebody who delegates to it. */
async function serving(
  handle: Definition['handle'],
  more: Partial<Definition> = {},
  options: Partial<ServeOptions> = {},
): Promise<Working> {
  seats += 1;
  const [id, lead] = [`agent-${seats}`, `lead-${seats}`];
  await house.seat(lead);
  const { token } = await house.seat(id, { pull: true });
  const faults: Error[] = [];
  const onFault = (fault: Error): void => void faults.push(fault);
  const one = await agent({ name: id, handle, ...more }).serve({ url: house.url, token, onFault, ...options });
  served.push(one);
  return {
    ...{ id, lead, token, faults, served: one },
    delegate: async (task, rest) => (await house.delegate(lead, id, { task, ...rest })).delegation_id,
    ended: async (delegation) => house.ended(lead, delegation),
    look: async (delegation) => (await house.call('GET', `/workspaces/${lead}/delegations/${delegation}`)).body,
  };
}

describe('an agent that fetches', () => {
  test('is handed a task with everything that belongs to it, and brings its result home', async () => {
    const tasks: unknown[] = [];
    const { id, lead, delegate, ended } = await serving((task) => {
      tasks.push(task);
      return { text: `done: ${task.text}`, parts: [{ kind: 'data', data: { pages: 3 } }], usage: { inputTokens: 7 } };
    });
    const asked = { context: 'for the board', conversation_id: 'talk', deadline_ms: 60_000 };
    const end = await ended(await delegate('write', asked));
    assert.deepEqual([end.status, end.result.text], ['completed', 'done: write']);
    assert.deepEqual((end['usage'] as Fields)['input_tokens'], 7, JSON.stringify(end['usage']));
    const [task] = tasks as [{ deadline: Date; parts: unknown[] } & Record<string, unknown>];
    const { deadline, parts, ...rest } = task;
    assert.deepEqual(rest, {
      id: end.delegation_id,
      text: 'write',
      context: 'for the board',
      caller: lead,
      conversation: 'talk',
      attempt: 1,
      mayHaveRun: false,
    });
    assert.deepEqual(parts, [{ kind: 'text', text: 'write' }]);
    assert.ok(deadline.getTime() > Date.now() && deadline.getTime() <= Date.now() + 60_000);
    const seat = (await house.call('GET', `/workspaces/${id}`)).body;
    assert.deepEqual([seat['presence'], seat['carrier']], ['online', 'pull']);
  });

  test('fails with the words of what its handler threw, and gives back what it could do later', async () => {
    let tries = 0;
    const { delegate, ended } = await serving(({ text }) => {
      tries += 1;
      if (text === 'later' && tries < 3) {
        throw new TryLater('the printer is warm');
      }
      if (text === 'later') {
        return 'now';
      }
      throw new Error('no paper');
    });
    const late = await ended(await delegate('later'));
    assert.deepEqual([late.status, late.result.text, late['attempts'], tries], ['completed', 'now', 3, 3]);
    const failed = await ended(await delegate('print'));
    assert.deepEqual([failed.status, failed.reason, failed.error], ['failed', 'callee_failed', 'no paper']);
  });
});
