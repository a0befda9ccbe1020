/**
 * An agent that fetches its work, against the real platform: what it is handed, what it brings home, when it is told
 * to stop.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { agent, Stopped, TryLater, type Task, type TaskContext } from '../../src/runtime/agent/index.ts';
import { Crew } from './serving.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
const crew = new Crew(() => house);

before(async () => {
  house = await openHouse({
    open: false,
    environment: { ERRAND_RESULT_BYTES_MAX: '1000000', ERRAND_FAN_OUT_PARENT_MAX: '2' },
  });
});

after(async () => {
  await crew.leave();
  await house.close();
});

/** Until it is told to stop; why, is what it throws. */
async function untilStopped({ signal }: TaskContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) {
      stop();
    }
  });
}

describe('an agent that fetches', () => {
  test('is handed a task with everything that belongs to it, and brings its result home', async () => {
    const tasks: Task[] = [];
    const { lead, delegate, ended } = await crew.serving((task) => {
      tasks.push(task);
      return { text: `done: ${task.text}`, parts: [{ kind: 'data', data: { pages: 3 } }], usage: { inputTokens: 7 } };
    });
    const asked = { context: 'for the board', conversation_id: 'talk', deadline_ms: 60_000 };
    const end = await ended(await delegate('write', asked));
    assert.deepEqual([end.status, end.result.text], ['completed', 'done: write']);
    assert.deepEqual(end.result['parts'], [{ kind: 'data', data: { pages: 3 } }]);
    assert.equal((end['usage'] as Fields)['input_tokens'], 7);
    const { deadline, ...rest } = tasks[0]!;
    assert.deepEqual(rest, {
      id: end.delegation_id,
      text: 'write',
      context: 'for the board',
      parts: [{ kind: 'text', text: 'write' }],
      caller: lead,
      conversation: 'talk',
      attempt: 1,
      mayHaveRun: false,
    });
    assert.ok(deadline.getTime() > Date.now() && deadline.getTime() <= Date.now() + 60_000);
  });

  test('has a seat that is online, knows what it is good for and how much it takes on', async () => {
    const skills = ['layout', { name: 'prose', description: 'long and short' }];
    const { seat } = await crew.serving(() => 'x', {
      name: 'Writer',
      id: 'w',
      role: 'Writes.',
      skills,
      capacity: 3,
      options: { workspace: 'agent-2' },
    });
    const { name, role, presence, carrier, capacity, agent_card: card } = await seat();
    assert.deepEqual([name, role, presence, carrier, capacity], ['Writer', 'Writes.', 'online', 'pull', 3]);
    assert.deepEqual(card, {
      name: 'Writer',
      description: 'Writes.',
      skills: [
        { id: 'layout', name: 'layout', tags: [] },
        { id: 'prose', name: 'prose', description: 'long and short', tags: [] },
      ],
    });
  });

  test('takes a seat that was not there yet, with the key of whoever runs the platform', async () => {
    const token = house.platform.operatorKey;
    const served = await agent({ name: 'newcomer', handle: () => 'here' }).serve({ url: house.url, token });
    await house.seat('boss');
    const { delegation_id: id } = await house.delegate('boss', 'newcomer');
    assert.equal((await house.ended('boss', id)).result.text, 'here');
    await served.stop();
  });

  test('is refused at the start with the words of the platform', async () => {
    const { token } = await house.seat('only');
    await assert.rejects(agent({ name: 'other', handle: () => 'x' }).serve({ url: house.url, token }), {
      code: 'forbidden',
    });
    const wrong = { url: house.url, token: 'ek_none' };
    await assert.rejects(agent({ name: 'only', handle: () => 'x' }).serve(wrong), { code: 'unauthenticated' });
    await assert.rejects(agent({ name: 'only', handle: () => 'x' }).serve({ url: 'localhost:1' }), /not the address/u);
  });

  test('fails with the words of what its handler threw, and gives back what it could do later', async () => {
    let tries = 0;
    const { delegate, ended } = await crew.serving(({ text }) => {
      if (text === 'print') {
        throw new Error('no paper');
      }
      tries += 1;
      if (tries < 3) {
        throw new TryLater('the printer is warm');
      }
      return 'now';
    });
    const late = await ended(await delegate('later'));
    assert.deepEqual([late.status, late.result.text, late['attempts'], tries], ['completed', 'now', 3, 3]);
    const failed = await ended(await delegate('print'));
    assert.deepEqual([failed.status, failed.reason, failed.error], ['failed', 'callee_failed', 'no paper']);
  });

  test('tells the caller why a result was not taken: larger than what is kept, or than what is sent', async () => {
    const { delegate, ended } = await crew.serving(({ text }) => 'x'.repeat(Number(text)));
    for (const [length, words] of [
      [1_000_001, /larger than 1000000 bytes/u],
      [13_000_000, /was not taken/u],
    ] as const) {
      const end = await ended(await delegate(String(length)));
      assert.deepEqual([end.status, end.reason], ['failed', 'result_too_large']);
      assert.match(end.error, words);
    }
    const { delegate: ask, ended: told } = await crew.serving(() => ({
      parts: Array.from({ length: 101 }, () => ({ kind: 'text' as const, text: 'x' })),
    }));
    const end = await told(await ask('many parts'));
    assert.deepEqual([end.status, end.reason], ['failed', 'callee_failed']);
    assert.match(end.error, /was not taken: .*parts/u);
  });

  test('works on as many at once as it has slots, and never on more', async () => {
    let [running, most] = [0, 0];
    const handle = async (): Promise<string> => {
      running += 1;
      most = Math.max(most, running);
      await until('all slots are used', () => most >= 8);
      await pause(5);
      running -= 1;
      return 'x';
    };
    const { delegate, ended } = await crew.serving(handle, { capacity: 8 });
    const ids = await Promise.all(Array.from({ length: 50 }, async (_, index) => delegate(`task ${index}`)));
    const ends = await Promise.all(ids.map(async (id) => ended(id)));
    assert.deepEqual(
      new Set(ends.map(({ status, attempts }) => `${status} ${String(attempts)}`)),
      new Set(['completed 1']),
    );
    assert.equal(most, 8);
  });

  test('uses a slot that became free while it waits for another', async () => {
    const open = new Map<string, () => void>();
    const handle = async ({ text }: Task): Promise<string> =>
      new Promise((resolve) => {
        open.set(text, () => resolve(text));
      });
    const { delegate, ended, reaches } = await crew.serving(handle, { capacity: 2 });
    const first = await delegate('first');
    await until('it runs', () => open.has('first'));
    // One slot is left, for which it waits; now there are two.
    open.get('first')!();
    await ended(first);
    const both = [await delegate('second'), await delegate('third')];
    await Promise.all(both.map(async (id) => reaches(id, 'in_progress')));
    open.get('second')!();
    open.get('third')!();
    await Promise.all(both.map(async (id) => ended(id)));
  });

  test('tells its steps once a second, the last one always, and shortens what is too long', async () => {
    const { delegate, ended, events } = await crew.serving(async (_task, { progress }) => {
      for (let step = 0; step <= 500; step += 1) {
        progress(`step ${step}`);
        await pause(1);
      }
      await pause(1100);
      progress({ message: 'ä'.repeat(5000), percent: 400 });
      await pause(1100);
      return 'x';
    });
    const id = await delegate('in steps');
    await ended(id);
    const said = (await events(id, 'progressed')).map(({ data }) => data as { message: string; percent?: number });
    assert.ok(said.length <= 4, `${said.length} were sent`);
    assert.equal(said[0]?.message, 'step 0');
    assert.ok(said.some(({ message }) => message === 'step 500'));
    const last = said.at(-1);
    assert.deepEqual([last?.message.length, last?.percent], [4000, 100]);
  });
});

describe('a handler is told to stop', () => {
  test('within a second of a cancel, and its stopping is confirmed to the caller', async () => {
    const stops: { why: string; at: number }[] = [];
    const { delegate, reaches, act, ended } = await crew.serving(async (_task, context) => {
      try {
        return await untilStopped(context);
      } catch (error) {
        assert.ok(error instanceof Stopped && error.name === 'AbortError');
        stops.push({ why: error.why, at: Date.now() });
        throw error;
      }
    });
    for (const wait of [0, 700]) {
      const id = await delegate('for ever');
      await reaches(id, 'in_progress');
      await pause(wait);
      const cancelledAt = Date.now();
      await act(id, 'cancel');
      const end = await ended(id);
      assert.deepEqual([end.status, end['callee_confirmed']], ['cancelled', true], JSON.stringify(end));
      const stop = stops.pop()!;
      assert.equal(stop.why, 'cancelled');
      assert.ok(stop.at - cancelledAt < 1000, `after ${stop.at - cancelledAt} ms`);
    }
  });

  test('and may bring a result all the same: the first that is committed stands', async () => {
    const { delegate, reaches, act, ended } = await crew.serving(async (_task, { signal }) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      return 'as far as I came';
    });
    const id = await delegate('for ever');
    await reaches(id, 'in_progress');
    await act(id, 'cancel');
    const end = await ended(id);
    assert.deepEqual([end.status, end.result.text], ['completed', 'as far as I came']);
  });

  test('at its deadline', async () => {
    const whys: unknown[] = [];
    const { delegate, ended, faults } = await crew.serving(async (_task, context) => {
      await untilStopped(context).catch((error: unknown) => whys.push((error as Stopped).why));
      throw new Error('too late');
    });
    const end = await ended(await delegate('for ever', { deadline_ms: 600 }));
    assert.deepEqual([end.status, end.reason], ['failed', 'deadline_exceeded']);
    await until('it is told', () => whys.length === 1);
    assert.deepEqual([whys, faults], [['deadline'], []]);
  });

  test('when its seat is gone with everything it held', async () => {
    const whys: unknown[] = [];
    const {
      id: seat,
      delegate,
      reaches,
      ended,
    } = await crew.serving(async (_task, context) =>
      untilStopped(context).catch((error: unknown) => {
        whys.push((error as Stopped).why);
        return 'nobody wants it';
      }),
    );
    const id = await delegate('for ever');
    await reaches(id, 'in_progress');
    await house.call('DELETE', `/workspaces/${seat}`);
    assert.equal((await ended(id)).reason, 'peer_removed');
    await until('it is told', () => whys.length === 1);
    assert.deepEqual(whys, ['overtaken']);
  });
});

describe('what a handler delegates', () => {
  test('is a child of its task: within its bounds, and cancelled with it', async () => {
    await house.seat('slow-peer', { pull: true });
    let refused: unknown;
    const { delegate, reaches, act, ended, look } = await crew.serving(async (_task, context) => {
      const handle = await context.delegate({ to: 'slow-peer', task: 'a part of it' });
      await context.errand.delegate({ to: 'slow-peer', task: 'another part' });
      refused = await context.delegate({ to: 'slow-peer', task: 'one too many' }).catch((error: unknown) => error);
      context.progress(`waits for ${handle.id}`);
      return untilStopped(context);
    });
    const id = await delegate('with help');
    const parent = await until('it has children', async () => {
      const found = await look(id);
      return (found['children'] as Fields[] | undefined)?.length === 2 && refused !== undefined ? found : undefined;
    });
    assert.equal((refused as { code: string }).code, 'fan_out_exceeded');
    await reaches(id, 'in_progress');
    await act(id, 'cancel');
    assert.equal((await ended(id)).status, 'cancelled');
    for (const child of parent['children'] as Fields[]) {
      const at = `/workspaces/${child['source_id'] as string}/delegations/${child.delegation_id}`;
      assert.equal((await house.call('GET', at)).body.status, 'cancelled');
    }
  });

  test('comes back to it: the ending of its child, while it works', async () => {
    const peer = await crew.serving(({ text }) => `${text}, done`);
    const { delegate, ended } = await crew.serving(async (_task, context) => {
      const handle = await context.delegate({ to: peer.id, task: 'a part' });
      const end = await handle.done;
      return `with ${end.text ?? end.error ?? 'nothing'}`;
    });
    assert.equal((await ended(await delegate('with help'))).result.text, 'with a part, done');
  });
});
