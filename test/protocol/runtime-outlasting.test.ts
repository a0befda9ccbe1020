/**
 * What a connected agent outlasts: a platform that stops and starts, answers that are lost, connections that are cut.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Step, Turn } from '../../src/runtime/index.ts';
import { openScene, type Scene } from './runtime-scene.ts';
import { until } from './support.ts';

let scene: Scene;

before(async () => {
  scene = await openScene();
});

after(async () => scene.close());

describe('while the platform is away', () => {
  test('a task is handed over as soon as it is back, and once', async () => {
    await scene.stop();
    const delegated = scene.lead.delegate({ to: 'helper', task: 'said into the void' });
    await scene.start();
    const { id } = await delegated;
    const rows = (await scene.house.call('GET', '/workspaces/lead/delegations')).rows;
    assert.deepEqual(
      rows.filter(({ summary }) => summary === 'said into the void').map(({ delegation_id: one }) => one),
      [id],
    );
  });

  test('a task whose answer was lost is found again by its key', async () => {
    scene.relay.mute(true);
    const delegated = scene.lead.delegate({ to: 'helper', task: 'said twice' });
    await until('it was said twice', () => scene.relay.count('POST /workspaces/lead/delegate ') >= 3);
    scene.relay.mute(false);
    const { id } = await delegated;
    const rows = (await scene.house.call('GET', '/workspaces/lead/delegations')).rows;
    assert.deepEqual(
      rows.filter(({ summary }) => summary === 'said twice').map(({ delegation_id: one }) => one),
      [id],
    );
  });

  test('whoever does not want to wait for it says so', async () => {
    await scene.stop();
    const over = new AbortController();
    const delegated = scene.lead.delegate({ to: 'helper', task: 'never mind' }, { signal: over.signal });
    over.abort(new Error('enough'));
    await assert.rejects(delegated, { message: 'enough' });
    await scene.start();
  });

  test('an ending that is waited for comes all the same, whichever side of the absence it fell on', async () => {
    const [before1, during] = await Promise.all([
      scene.lead.delegate({ to: 'helper', task: 'one' }),
      scene.lead.delegate({ to: 'helper', task: 'two' }),
    ]);
    const endings = Promise.all([before1.done, during.done]);
    await until('it listens', () => scene.relay.open('events/stream') === 1);
    // Nobody hears of the first ending: the agent is cut off when it comes.
    const { url } = scene.house;
    scene.relay.lead(undefined);
    scene.relay.cut();
    await scene.end(before1.id, 'first');
    scene.relay.lead(url);
    await scene.stop();
    await scene.start();
    await scene.end(during.id, 'second');
    assert.deepEqual(
      (await endings).map(({ status, text }) => [status, text]),
      [
        ['completed', 'first'],
        ['completed', 'second'],
      ],
    );
    await until('nobody has to be told any more', async () => (await scene.unread()).length === 0);
  });

  test('a history is read on without a gap, and nothing twice', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'with many steps' });
    const steps: Step[] = [];
    const read = (async () => {
      for await (const step of handle.events) {
        steps.push(step);
      }
    })();
    const types = (): string[] => steps.map(({ type }) => type.replace('delegation.', ''));
    await until('the first step is there', () => types().includes('accepted'));
    const path = `/workspaces/lead/delegations/${handle.id}/priority`;
    for (let round = 1; round <= 6; round += 1) {
      const priority = round % 2 === 0 ? 'critical' : 'info';
      assert.equal((await scene.house.call('POST', path, { body: { priority } })).status, 200);
      scene.relay.cut('events/stream');
    }
    await scene.stop();
    await scene.start();
    await scene.end(handle.id, 'done');
    await read;
    const log = await scene.house.call('GET', `/workspaces/lead/delegations/${handle.id}`);
    const events = log.body['events'] as { seq: number; type: string }[];
    assert.deepEqual(
      steps.map(({ seq, type }) => [seq, type]),
      events.map(({ seq, type }) => [seq, type]),
    );
    assert.equal(types().filter((type) => type === 'reprioritised').length, 6);
    assert.equal(types().at(-1), 'settled');
    assert.equal((await handle.done).text, 'done', 'who has read the history was not told the ending by that');
  });

  test('an inbox is read on', async () => {
    const over = new AbortController();
    const turns: Turn[] = [];
    const read = (async () => {
      for await (const turn of scene.lead.inbox({ signal: over.signal })) {
        turns.push(turn);
      }
    })();
    await until('it reads', () => scene.relay.open('/inbox') === 1);
    await scene.stop();
    await scene.start();
    const { id } = await scene.lead.delegate({ to: 'helper', task: 'one more' });
    await scene.end(id, 'fine');
    await until('it was told', () => turns.some(({ notices }) => notices.some((one) => one.delegation === id)));
    await until('it is acknowledged', async () => (await scene.unread()).length === 0);
    over.abort();
    await read;
    assert.equal(turns.flatMap(({ notices }) => notices).filter((one) => one.delegation === id).length, 1);
  });
});
