/**
 * The inbox of a connected agent: one turn at a time, told until it is acknowledged, and nothing told twice.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type Turn } from '../../src/runtime/index.ts';
import { openScene, type Scene } from './runtime-scene.ts';
import { until } from './support.ts';

let scene: Scene;

before(async () => {
  scene = await openScene();
});

after(async () => scene.close());

async function ended(text: string): Promise<string> {
  const { id } = await scene.lead.delegate({ to: 'helper', task: `for ${text}` });
  await scene.end(id, text);
  return id;
}

function idsIn({ notices }: Turn): (string | undefined)[] {
  return notices.map(({ delegation, batch }) => delegation ?? batch);
}

describe('the inbox', () => {
  test('D7: tells what waits as one turn, and acknowledges it when the next is asked for', async () => {
    const ids = [await ended('first'), await ended('second')];
    const over = new AbortController();
    const turns: Turn[] = [];
    for await (const turn of scene.lead.inbox({ signal: over.signal })) {
      turns.push(turn);
      if (turns.length === 1) {
        assert.deepEqual(idsIn(turn).toSorted(), ids.toSorted());
        assert.match(turn.text, /for first[^]*for second|for second[^]*for first/u);
        assert.equal((await scene.unread()).length, 2, 'the body has not come to its end');
        ids.push(await ended('third'));
      } else {
        assert.deepEqual(idsIn(turn), [ids[2]]);
        over.abort();
      }
    }
    assert.equal(turns.length, 2);
    assert.deepEqual(await scene.unread(), []);
  });

  test('D7: is told again of what somebody left in the middle', async () => {
    const id = await ended('left behind');
    for await (const turn of scene.lead.inbox()) {
      assert.deepEqual(idsIn(turn), [id]);
      break;
    }
    const failed = (async () => {
      const other = await ended('failed over');
      for await (const turn of scene.lead.inbox()) {
        assert.deepEqual(idsIn(turn), [other]);
        throw new Error('the body failed');
      }
    })();
    await assert.rejects(failed, { message: 'the body failed' });
    assert.equal((await scene.unread()).length, 2);
    await scene.house.call('POST', '/workspaces/lead/inbox/ack', {
      body: { ids: (await scene.unread()).map((one) => one.id) },
    });
  });

  test('takes what was acknowledged by hand for done', async () => {
    const id = await ended('by hand');
    for await (const turn of scene.lead.inbox()) {
      assert.deepEqual(idsIn(turn), [id]);
      await turn.acknowledge();
      break;
    }
    assert.deepEqual(await scene.unread(), []);
  });

  test('tells of a question, and of a batch as one', async () => {
    const { id } = await scene.lead.delegate({ to: 'helper', task: 'with a question' });
    const batch = await scene.lead.delegateBatch([1, 2].map((one) => ({ to: 'helper', task: `part ${one}` })));
    const over = new AbortController();
    const kinds: string[] = [];
    await scene.ask(id, 'which one?');
    for await (const turn of scene.lead.inbox({ signal: over.signal })) {
      kinds.push(...turn.notices.map(({ kind }) => kind));
      if (kinds.at(-1) === 'asked') {
        assert.match(turn.text, /which one\?/u);
        await Promise.all(batch.handles.map(async (one) => scene.end(one.id, 'done')));
      } else {
        assert.deepEqual(idsIn(turn), [batch.id]);
        over.abort();
      }
    }
    assert.deepEqual(kinds, ['asked', 'batch']);
    await scene.lead.handle(id).cancel();
    await scene.lead.handle(id).done;
  });

  test('leaves what somebody waits for to whoever waits', async () => {
    const over = new AbortController();
    const turns: Turn[] = [];
    const read = (async () => {
      for await (const turn of scene.lead.inbox({ signal: over.signal })) {
        turns.push(turn);
      }
    })();
    const batch = await scene.lead.delegateBatch([{ to: 'helper', task: 'part 1' }]);
    const all = batch.done;
    const handles = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => scene.lead.delegate({ to: 'helper', task: `awaited ${index}` })),
    );
    const endings = Promise.all(handles.map(async ({ done }) => done));
    const other = await scene.lead.delegate({ to: 'helper', task: 'not awaited' });
    await until('it listens', () => scene.relay.open('events/stream') === 1);
    for (const { id } of [...handles, ...batch.handles, other]) {
      await scene.end(id, 'done');
    }
    await Promise.all([endings, all]);
    await until('it was told of the other', () => turns.length > 0);
    await until('nothing waits any more', async () => (await scene.unread()).length === 0);
    over.abort();
    await read;
    assert.deepEqual(turns.flatMap(idsIn), [other.id]);
  });

  test('is read without the results that a turn shows in short', async () => {
    const { id } = await scene.lead.delegate({ to: 'helper', task: 'at length' });
    await scene.end(id, 'long '.repeat(100_000));
    const brief = await scene.house.call('GET', '/workspaces/lead/inbox?format=turn&view=brief&wait=5');
    assert.equal(brief.rows[0]?.delegation_id, id);
    assert.equal(brief.rows[0]?.result, undefined);
    assert.match(String(brief.rows[0]?.['turn']), /long long/u);
    assert.ok(brief.text.length < 60_000, `${brief.text.length}`);
    await scene.house.call('POST', '/workspaces/lead/inbox/ack', { body: { ids: [brief.rows[0]?.id] } });
  });

  test('of nobody is refused', async () => {
    const nobody = await connect({ url: scene.relay.url, workspace: 'nobody' });
    const next = nobody.inbox()[Symbol.asyncIterator]().next();
    await assert.rejects(next, { code: 'not_found' });
    await nobody.close();
  });
});
