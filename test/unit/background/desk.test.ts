/** The desk of a session: what a model is given, told and refused by the tools of the one list. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Background, Turn } from '../../../src/background/index.ts';
import { NEXT_ACTION } from '../../../src/core/delegation/index.ts';
import { promptAt, TOOLS } from '../../../src/tools/index.ts';
import { tools } from '../../../src/tools/adapters/json-schema.ts';
import { call, gated, opened, refusalOf } from './desk-stage.ts';

/** What a session is told next, acknowledged. */
async function nextTurn(background: Background, session = 'main'): Promise<Turn> {
  for await (const turn of background.turns(session)) {
    await turn.acknowledge();
    return turn;
  }
  return assert.fail('nothing was told');
}

describe('the desk of a session', { timeout: 20_000 }, () => {
  test('hands a task over by the name that the program gave, and shows it in the shapes of the API', async () => {
    const writer = gated();
    await using background = await opened({ writer: writer.run }, { capacity: 1 });
    const desk = background.desk();
    const receipt = await desk.delegate({ target_id: 'writer', task: 'A haiku.' });
    assert.equal(receipt.target_id, 'writer');
    assert.equal(receipt.state, 'dispatched');
    const queued = await desk.delegate({ target_id: 'writer', task: 'Another.' });
    assert.deepEqual([queued.state, queued.position], ['queued', 1]);
    assert.equal(queued.next_action, NEXT_ACTION.queued);
    await writer.finish('One waits, one is served');
    const done = await desk.look(receipt.delegation_id, { waitMs: 10_000 });
    assert.equal(done?.status, 'completed');
    assert.equal(done?.target_id, 'writer');
    assert.equal(done?.result?.text, 'One waits, one is served');
    assert.equal(done?.next_action, NEXT_ACTION.completed);
    const [second, first] = await desk.list({ limit: 5 });
    assert.deepEqual([second?.target_id, first?.response_preview], ['writer', 'One waits, one is served']);
    assert.equal((await desk.list({ limit: 5, status: 'completed' })).length, 1);
    const seats = /"(?:session:|at:|here)/u;
    assert.doesNotMatch(JSON.stringify([receipt, queued, done, await desk.list({ limit: 5 })]), seats);
    await writer.finish('');
  });

  test('delegates once for one key, a batch too, and says that it was so', async () => {
    await using background = await opened({ writer: async () => 'done' });
    const desk = background.desk();
    const asked = { target_id: 'writer', task: 'A haiku.' };
    const [first, again] = [await desk.delegate(asked, 'call-1'), await desk.delegate(asked, 'call-1')];
    assert.equal(again.delegation_id, first.delegation_id);
    assert.deepEqual([first.idempotent_hit, again.idempotent_hit], [undefined, true]);
    const [batch, same] = [
      await desk.delegateBatch([asked, asked], 'b'),
      await desk.delegateBatch([asked, asked], 'b'),
    ];
    assert.equal(same.batch_id, batch.batch_id);
    assert.deepEqual(
      same.delegations.map(({ delegation_id: id }) => id),
      batch.delegations.map(({ delegation_id: id }) => id),
    );
    const other = await refusalOf(desk.delegate({ ...asked, task: 'Another.' }, 'call-1'));
    assert.equal(other.code, 'idempotency_conflict');
    assert.equal((await desk.list({ limit: 9 })).length, 3);
  });

  test('takes an ending that a model was shown, so that no turn tells it again', async () => {
    await using background = await opened({ writer: async (text) => `${text.text} done` });
    const desk = background.desk();
    background.busy();
    const shown = await call(desk, 'delegate_task', { workspace_id: 'writer', task: 'one' });
    assert.match(shown.text, /one done/u);
    const { task_id: id } = (await call(desk, 'delegate_task_async', { workspace_id: 'writer', task: 'two' }))
      .structured;
    await desk.look(String(id), { waitMs: 10_000 });
    assert.deepEqual(
      (await desk.unread(5)).map(({ task_id: task, kind, status }) => [task, kind, status]),
      [[id, 'settled', 'completed']],
    );
    const looked = await call(desk, 'list_peers');
    assert.match(looked.text, new RegExp(`Not read yet[^]*${String(id)}: completed`, 'u'));
    background.idle();
    const turn = await nextTurn(background);
    assert.deepEqual(
      turn.tasks.map((task) => task.id),
      [id],
    );
    assert.deepEqual(await desk.unread(5), []);
  });

  test('tells once what a model waits for, also where its host never says that it is at work', async () => {
    const writer = gated();
    await using background = await opened({ writer: writer.run, quick: async () => 'at once' });
    const desk = background.desk();
    const turns: string[] = [];
    const stop = new AbortController();
    const listening = (async () => {
      for await (const turn of background.turns('main', { signal: stop.signal })) {
        turns.push(...turn.tasks.map(({ id }) => id));
        if (turns.length === 2) {
          stop.abort();
        }
      }
    })();
    const waiting = call(desk, 'delegate_task', { workspace_id: 'writer', task: 'waited for' });
    const other = await desk.delegate({ target_id: 'quick', task: 'meanwhile' });
    await desk.look(other.delegation_id, { waitMs: 10_000 });
    await writer.finish('in time');
    assert.match((await waiting).text, /in time/u);
    const last = await desk.delegate({ target_id: 'quick', task: 'afterwards' });
    await listening;
    assert.deepEqual(turns, [other.delegation_id, last.delegation_id]);
  });

  test('says nothing below its answers of what a turn has in hand, and says it again where that turn was left', async () => {
    await using background = await opened({ writer: async () => 'done' });
    const desk = background.desk();
    const { delegation_id: id } = await desk.delegate({ target_id: 'writer', task: 'one' });
    for await (const turn of background.turns()) {
      assert.match(turn.text, new RegExp(id, 'u'));
      assert.deepEqual(await desk.unread(5), []);
      break;
    }
    const [left] = await desk.unread(5);
    assert.equal(left?.task_id, id);
    await desk.acknowledge([left.id]);
    assert.deepEqual(await desk.unread(5), []);
  });

  test('is the same in the next process, where the store is a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'errand-desk-'));
    const workspaces = { writer: async () => 'done' };
    const store = join(folder, 'tasks.db');
    const asked = { target_id: 'writer', task: 'one' };
    try {
      const before = await opened(workspaces, { store });
      const { delegation_id: id } = await before.desk().delegate(asked, 'call-1');
      await before.desk().look(id, { waitMs: 10_000 });
      await before.desk().remember('It is kept.', 'LOCAL');
      await before.shutdown({ mode: 'keep' });
      await using after = await opened(workspaces, { store });
      const desk = after.desk();
      assert.equal((await desk.delegate(asked, 'call-1')).delegation_id, id);
      assert.deepEqual(
        (await desk.unread(5)).map(({ task_id: task }) => task),
        [id],
      );
      assert.equal((await desk.look(id, { collect: true }))?.result?.text, 'done');
      assert.deepEqual(await desk.unread(5), []);
      assert.deepEqual(
        (await desk.recall({ words: 'kept', limit: 5 })).map(({ content }) => content),
        ['It is kept.'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('shows a batch as one thing, and takes its one notice when all of it was shown', async () => {
    const writer = gated();
    await using background = await opened({ writer: writer.run, quick: async () => 'at once' });
    const desk = background.desk();
    const tasks = ['writer', 'quick'].map((name) => ({ workspace_id: name, task: `for ${name}` }));
    const { batch_id: id } = (await call(desk, 'delegate_batch', { tasks })).structured;
    const waiting = call(desk, 'wait_for_tasks', { task_ids: [id], mode: 'any' });
    assert.match((await waiting).text, /at once[^]*still open/u);
    assert.equal((await desk.batch(String(id), { collect: false })).status, 'running');
    await writer.finish('in time');
    const all = await call(desk, 'wait_for_tasks', { task_ids: [id] });
    assert.match(all.text, /in time[^]*at once/u);
    assert.deepEqual(await desk.unread(5), []);
    const next = nextTurn(background);
    const { task_id: last } = (await call(desk, 'delegate_task_async', { workspace_id: 'quick', task: 'more' }))
      .structured;
    assert.deepEqual(
      (await next).tasks.map((task) => task.id),
      [last],
    );
  });

  test('passes a question on, and the answer back', async () => {
    await using background = await opened({
      baker: async (_task, { ask }) => assert.fail(String(ask)),
      cook: async (_task, context) => `with ${await context.ask('Salt or sugar?')}`,
    });
    const desk = background.desk();
    const asked = await call(desk, 'delegate_task', { workspace_id: 'cook', task: 'Cook.' });
    assert.match(asked.text, /input_required[^]*Salt or sugar\?/u);
    assert.deepEqual(await desk.unread(5), []);
    const { task_id: id } = asked.structured;
    assert.equal((await call(desk, 'answer_task', { task_id: id, answer: 'salt' })).structured['success'], true);
    assert.match((await call(desk, 'wait_for_tasks', { task_ids: [id] })).text, /with salt/u);
    const late = await refusalOf(desk.answer(String(id), 'sugar'));
    assert.deepEqual([late.code, late.fix], ['not_now', 'check_task_status shows how things stand.']);
  });

  test('stops what a model does not need any more', async () => {
    const writer = gated();
    await using background = await opened({ writer: writer.run }, { capacity: 1 });
    const desk = background.desk();
    await desk.delegate({ target_id: 'writer', task: 'first' });
    const { delegation_id: id } = await desk.delegate({ target_id: 'writer', task: 'second' });
    const stopped = await call(desk, 'cancel_task', { task_id: id, reason: 'not needed' });
    assert.deepEqual([stopped.structured['status'], stopped.structured['cancel_requested']], ['cancelled', true]);
    assert.equal((await call(desk, 'cancel_task', { task_id: id })).structured['cancel_requested'], false);
    await writer.finish('');
  });

  test('says who is there, how long their queues are, and who one is', async () => {
    const writer = gated();
    await using background = await opened(
      { writer: writer.run, reviewer: { run: async () => '', role: 'reads drafts', capacity: 3 } },
      { capacity: 2 },
    );
    const desk = background.desk('monday');
    await desk.delegate({ target_id: 'writer', task: 'A haiku.' });
    const { peers } = await desk.peers();
    assert.deepEqual(
      peers.map(({ id, name, role, status, capacity, active_tasks: running, queued }) => ({
        ...{ id, name, role, status, capacity, running, queued },
      })),
      [
        { id: 'writer', name: 'writer', role: null, status: 'online', capacity: 2, running: 1, queued: 0 },
        {
          id: 'reviewer',
          name: 'reviewer',
          role: 'reads drafts',
          status: 'online',
          capacity: 3,
          running: 0,
          queued: 0,
        },
      ],
    );
    assert.deepEqual(
      (await desk.peers('DRAFTS')).peers.map(({ id }) => id),
      ['reviewer'],
    );
    assert.match((await call(desk, 'find_peer', { skill: 'drafts' })).text, /reviewer/u);
    await writer.finish('');
    await call(desk, 'wait_for_tasks');
    await call(desk, 'delegate_task', { workspace_id: 'reviewer', task: 'Read.' });
    assert.deepEqual(
      (await desk.peers()).peers.map(({ usual_ms: usual }) => usual !== undefined),
      [false, true],
    );
    const { id, name, status, limits = {} } = await desk.seat();
    assert.deepEqual([desk.workspace, id, name, status], ['monday', 'monday', 'monday', 'online']);
    assert.equal(limits['batch'], 100);
    await using lonely = await opened({});
    assert.match((await call(lonely.desk(), 'list_peers')).text, /^No peers available/u);
  });

  test('keeps memories of a session to itself, unless they are meant for others', async () => {
    await using background = await opened({ writer: async () => '' });
    const [monday, tuesday] = [background.desk('monday'), background.desk('tuesday')];
    assert.match((await call(tuesday, 'recall_memory')).text, /^No memories found/u);
    await call(monday, 'commit_memory', { content: 'The user likes tables.' });
    await call(monday, 'commit_memory', { content: 'Tables have three columns.', scope: 'TEAM' });
    const kept = await call(monday, 'commit_memory', { content: `key ghp_${'a1B2'.repeat(9)}` });
    assert.match(kept.text, /Secrets were taken out/u);
    const [own, theirs] = [await monday.recall({ words: 'tables', limit: 5 }), await tuesday.recall({ limit: 5 })];
    assert.equal(own.length, 2);
    assert.deepEqual(
      theirs.map(({ workspace_id: by, content, scope }) => [by, content, scope]),
      [['monday', 'Tables have three columns.', 'TEAM']],
    );
    assert.equal((await refusalOf(tuesday.remember('x', 'PLANET'))).code, 'invalid_request');
    assert.equal((await refusalOf(tuesday.recall({ scope: 'PLANET', limit: 1 }))).code, 'invalid_request');
  });
});

describe('what a session may not see', { timeout: 20_000 }, () => {
  test('is not there: tasks and batches of another session, and the children of its own tasks', async () => {
    const child = Promise.withResolvers<string>();
    await using background = await opened({
      lead: async (_task, context) => {
        const handle = context.delegate({ to: 'writer', task: 'part' });
        child.resolve(handle.id);
        return (await handle.done).text ?? '';
      },
      writer: async () => 'written',
    });
    const [monday, tuesday] = [background.desk('monday'), background.desk('tuesday')];
    const { delegation_id: id } = await monday.delegate({ target_id: 'lead', task: 'All of it.' });
    const { batch_id: batch } = await monday.delegateBatch([{ target_id: 'writer', task: 'one' }]);
    assert.equal((await monday.look(id, { waitMs: 10_000 }))?.result?.text, 'written');
    for (const [desk, hidden] of [
      [tuesday, id],
      [tuesday, await child.promise],
      [monday, await child.promise],
      [monday, 'dlg_nothing'],
    ] as const) {
      assert.equal(await desk.look(hidden, { collect: true }), undefined);
      for (const asked of [desk.result(hidden), desk.cancel(hidden), desk.answer(hidden, 'x')]) {
        const { code, fix } = await refusalOf(asked);
        assert.equal(code, 'not_found');
        assert.match(fix, /check_task_status/u);
      }
      assert.match((await call(desk, 'check_task_status', { task_id: hidden })).text, /No delegation found/u);
    }
    assert.equal((await refusalOf(tuesday.batch(batch, { collect: true }))).code, 'not_found');
    assert.deepEqual(await tuesday.list({ limit: 5, batch }), []);
    assert.deepEqual(await tuesday.list({ limit: 5 }), []);
    assert.equal((await monday.list({ limit: 5 })).length, 2);
  });
});

describe('a refusal at a desk', { timeout: 20_000 }, () => {
  /** Every word in it that looks like a tool is one. */
  function namesOnlyTools(fix: string): void {
    const offered = new Set(TOOLS.filter(({ needs }) => needs === undefined).map(({ name }) => name));
    for (const [word] of fix.matchAll(/\b[a-z]+(?:_[a-z]+)+\b/gu)) {
      assert.ok(word === 'task_id' || offered.has(word), `${word} in: ${fix}`);
    }
    assert.doesNotMatch(fix, /GET|POST|operator|idempotency/u);
  }

  test('names what one hit, and only what can be done', async () => {
    const writer = gated();
    await using background = await opened(
      { writer: writer.run },
      { capacity: 1, queue: { most: 1, bytes: 1000 }, full: 'queue' },
    );
    const desk = background.desk();
    const asked = { target_id: 'writer', task: 'A haiku.' };
    const nobody = await refusalOf(desk.delegate({ ...asked, target_id: 'nobody' }));
    assert.deepEqual([nobody.code, nobody.message], ['not_found', 'There is no "nobody"; there is: writer.']);
    const heavy = await refusalOf(desk.delegate({ ...asked, task: 'x'.repeat(2000) }));
    assert.equal(heavy.code, 'queue_full');
    await desk.delegate(asked);
    const second = await desk.delegate(asked);
    const full = await refusalOf(desk.delegate(asked));
    assert.equal(full.code, 'queue_full');
    assert.match(full.fix, /wait_for_tasks/u);
    const early = await refusalOf(desk.result(second.delegation_id));
    assert.equal(early.code, 'not_now');
    const batch = await refusalOf(desk.delegateBatch([]));
    assert.equal(batch.code, 'invalid_request');
    for (const { fix } of [nobody, heavy, full, early, batch]) {
      namesOnlyTools(fix);
    }
    const told = await call(desk, 'delegate_task_async', { workspace_id: 'writer', task: 'x' });
    assert.deepEqual([told.isError, told.structured['code']], [true, 'queue_full']);
    await writer.finish('');
    await writer.finish('');
  });

  test('of a session that is closed, and of one whose process closes, comes in words', async () => {
    const writer = gated();
    const background = await opened({ writer: writer.run });
    const desk = background.desk('monday');
    const { delegation_id: id } = await desk.delegate({ target_id: 'writer', task: 'A haiku.' });
    await background.closeSession('monday');
    assert.equal((await refusalOf(desk.delegate({ target_id: 'writer', task: 'More.' }))).code, 'not_now');
    const waiting = desk.look(id, { waitMs: 60_000 });
    await background.shutdown({ mode: 'keep' });
    assert.equal((await waiting)?.status, 'in_progress');
    for (const asked of [desk.look(id), desk.list({ limit: 1 }), desk.delegate({ target_id: 'writer', task: 'x' })]) {
      const { code, fix } = await refusalOf(asked);
      assert.equal(code, 'shutting_down');
      namesOnlyTools(fix);
    }
    await writer.finish('');
  });

  test('is what speaking to a person gets; so no model is shown that tool, nor told of it', async () => {
    await using background = await opened({ writer: async () => '' });
    const desk = background.desk();
    const { fix } = await refusalOf(desk.say('hello', []));
    assert.equal(fix, 'Say it in your answer instead.');
    assert.equal((await refusalOf(desk.upload({ name: 'a', bytes: new Uint8Array() }))).code, 'invalid_request');
    const offered = tools({ desk }).map(({ name }) => name);
    assert.deepEqual(
      offered,
      TOOLS.map(({ name }) => name).filter((name) => name !== 'send_message_to_user'),
    );
    const prompt = await promptAt(desk, { tools: TOOLS, variant: 'mcp' });
    assert.match(prompt, /delegate_task_async[^]*writer/u);
    assert.doesNotMatch(prompt, /send_message_to_user/u);
  });
});
