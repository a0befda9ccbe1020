/**
 * A handler that asks in the middle of its work: its slot is free meanwhile, and the answer finds it, or the one that
 * begins anew in its place.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stopped, Task, TaskContext } from '../../src/runtime/agent/index.ts';
import { Crew } from './serving.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
const crew = new Crew(() => house);

before(async () => {
  house = await openHouse({ open: false, environment: { ERRAND_LEASE_MS: '600' } });
});

after(async () => {
  await crew.leave();
  await house.close();
});

describe('an agent with a short lease', () => {
  test('keeps its lease for as long as its handler works', async () => {
    const { delegate, ended } = await crew.serving(async () => {
      await pause(2500);
      return 'at last';
    });
    const end = await ended(await delegate('slowly'));
    assert.deepEqual([end.status, end['attempts'], end.result.text], ['completed', 1, 'at last']);
  });
});

describe('a question', () => {
  test('frees the slot, and its answer goes on with the same run under a new lease', async () => {
    let runs = 0;
    const handle = async ({ text }: Task, { ask }: TaskContext): Promise<string> => {
      if (text === 'short') {
        return 'meanwhile';
      }
      runs += 1;
      const first = await ask('which?');
      const second = await ask('how many?');
      return `${second} of ${first}`;
    };
    const { delegate, ended, reaches, act } = await crew.serving(handle);
    const id = await delegate('long');
    assert.equal((await reaches(id, 'input_required'))['question'], 'which?');
    const other = await ended(await delegate('short'));
    assert.equal(other.result.text, 'meanwhile', 'with one slot, which is free');
    await act(id, 'answer', { text: 'the red ones' });
    await until('it asks again', async () => (await reaches(id, 'input_required'))['question'] === 'how many?');
    await act(id, 'answer', { text: 'two' });
    const end = await ended(id);
    assert.deepEqual([end.status, end.result.text, runs], ['completed', 'two of the red ones', 1]);
    assert.equal(end['attempts'], 1);
  });

  test('is answered again to a handler that begins anew, because its agent was restarted', async () => {
    const asking = async (_task: Task, { ask }: TaskContext): Promise<string> => `so be it: ${await ask('which?')}`;
    const { served, delegate, ended, reaches, act, again, look } = await crew.serving(asking);
    const id = await delegate('long');
    await reaches(id, 'input_required');
    await served.stop({ mode: 'cancel' });
    assert.equal((await look(id)).status, 'input_required', 'it is left as it is');
    await act(id, 'answer', { text: 'that' });
    await again(asking);
    const end = await ended(id);
    assert.equal(end.result.text, 'so be it: that');
    assert.equal((end['events'] as Fields[]).filter(({ type }) => type === 'delegation.asked').length, 1);
  });

  test('is left to the platform by an agent that stops, whatever its handler would rather say', async () => {
    let told = '';
    const { served, delegate, reaches, look } = await crew.serving(async (_task, { ask }) =>
      ask('which?').catch((error: unknown) => {
        told = (error as Stopped).why;
        return 'none, then';
      }),
    );
    const id = await delegate('long');
    await reaches(id, 'input_required');
    await served.stop();
    assert.deepEqual([told, (await look(id)).status], ['stopping', 'input_required']);
  });

  test('is given up by a handler that is cancelled while it waits', async () => {
    const whys: unknown[] = [];
    const { delegate, ended, reaches, act, faults } = await crew.serving(async (_task, { ask, signal }) => {
      try {
        return await ask('which?');
      } catch (error) {
        whys.push((error as Stopped).why, signal.aborted);
        throw error;
      }
    });
    const id = await delegate('long');
    await reaches(id, 'input_required');
    const cancelledAt = Date.now();
    await act(id, 'cancel');
    assert.equal((await ended(id)).status, 'cancelled');
    await until('it is told', () => whys.length === 2);
    assert.ok(Date.now() - cancelledAt < 1000);
    assert.deepEqual([whys, faults], [['cancelled', true], []]);
  });

  test('that the platform does not take is the failure of whoever asked it', async () => {
    const { delegate, ended } = await crew.serving(async (_task, { ask }) => ask('x'.repeat(64_001)));
    const end = await ended(await delegate('long'));
    assert.deepEqual([end.status, end.reason], ['failed', 'callee_failed']);
    assert.match(end.error, /question/u);
  });

  test('is put one after the other, though they are asked together', async () => {
    const { delegate, ended, reaches, act } = await crew.serving(async (_task, { ask }) =>
      (await Promise.all([ask('one?'), ask('two?')])).join(' '),
    );
    const id = await delegate('long');
    for (const [question, text] of [
      ['one?', 'first'],
      ['two?', 'second'],
    ]) {
      await until(question!, async () => (await reaches(id, 'input_required'))['question'] === question);
      await act(id, 'answer', { text });
    }
    assert.equal((await ended(id)).result.text, 'first second');
  });

  test('need not be waited for: who has its result without the answer brings it', async () => {
    const { delegate, ended, served } = await crew.serving(async (_task, { ask }) => {
      const asked = ask('which?');
      asked.catch(() => {});
      await until(
        'it is put',
        async () =>
          (await house.call('GET', `/workspaces/${served.workspace}/delegations?direction=in`)).rows[0]?.status ===
          'input_required',
      );
      return 'I know it myself';
    });
    assert.equal((await ended(await delegate('long'))).result.text, 'I know it myself');
  });

  test('leaves what it delegated before as it is: its handles go on after the answer', async () => {
    const peer = await crew.serving(async (_task, { ask }) => `peer heard ${await ask('for whom?')}`);
    const { delegate, ended, reaches, act, lead } = await crew.serving(async (_task, context) => {
      const part = await context.delegate({ to: peer.id, task: 'a part' });
      const answer = await context.ask('which?');
      await until('it asks', async () => (await part.question()) !== undefined);
      await part.answer(answer);
      return (await part.done).text ?? 'nothing';
    });
    const id = await delegate('long');
    await reaches(id, 'input_required');
    await act(id, 'answer', { text: lead });
    assert.equal((await ended(id)).result.text, `peer heard ${lead}`);
  });
});
