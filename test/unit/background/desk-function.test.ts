/** The desk of a function at work: a model inside a function sees the children of this one run, and nothing else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TaskContext } from '../../../src/background/index.ts';
import type { Desk } from '../../../src/tools/index.ts';
import { call, gated, opened, refusalOf } from './desk-stage.ts';

describe('the desk of a function at work', { timeout: 20_000 }, () => {
  test('delegates children of this run, waits without a slot, and is told below the answers', async () => {
    await using background = await opened(
      {
        lead: async (_task: unknown, context: TaskContext) => {
          const desk = context.desk();
          const first = await call(desk, 'delegate_task', { workspace_id: 'writer', task: 'one' });
          const { task_id: id } = (await call(desk, 'delegate_task_async', { workspace_id: 'writer', task: 'two' }))
            .structured;
          await desk.look(String(id), { waitMs: 10_000 });
          const peers = await call(desk, 'list_peers');
          const read = await call(desk, 'check_task_status', { task_id: id });
          const nothing = await call(desk, 'get_workspace_info');
          const tasks = await desk.list({ limit: 5 });
          return [...[first, peers, read, nothing].map(({ text }) => text), tasks.length].join('\n---\n');
        },
        writer: async ({ text }) => `${text} is written`,
      },
      { capacity: 1 },
    );
    const desk = background.desk();
    const done = await desk.delegate({ target_id: 'lead', task: 'All.' });
    const result = (await desk.look(done.delegation_id, { waitMs: 10_000 }))?.result?.text ?? '';
    const [first, peers, read, nothing, count] = result.split('\n---\n');
    assert.match(first ?? '', /one is written/u);
    assert.match(peers ?? '', /ID: writer,[^]*Not read yet[^]*: completed/u);
    assert.doesNotMatch(peers ?? '', /ID: lead,/u);
    assert.match(read ?? '', /two is written/u);
    assert.match(nothing ?? '', /"name":"lead"[^]*"capacity":1/u);
    assert.doesNotMatch(nothing ?? '', /Not read yet/u);
    assert.equal(count, '2');
    assert.equal((await desk.list({ limit: 5 })).length, 1);
  });

  test('does not tell of a child that the function itself has waited for', async () => {
    await using background = await opened({
      lead: async (_task: unknown, context: TaskContext) => {
        await context.delegate({ to: 'writer', task: 'one' }).done;
        const tasks = await context.desk().list({ limit: 5 });
        return `${tasks.length} task, ${(await context.desk().unread(5)).length} unread`;
      },
      writer: async () => 'written',
    });
    assert.equal((await background.delegate({ to: 'lead', task: 'All.' }).done).text, '1 task, 0 unread');
  });

  test('passes the question of a child to the model, and its answer on', async () => {
    await using background = await opened({
      lead: async (_task: unknown, context: TaskContext) => {
        const desk = context.desk();
        const { structured } = await call(desk, 'delegate_task_async', { workspace_id: 'cook', task: 'Cook.' });
        const id = String(structured['task_id']);
        await desk.look(id, { waitMs: 10_000 });
        const unread = await desk.unread(5);
        const asked = await call(desk, 'check_task_status', { task_id: id });
        assert.deepEqual(await desk.unread(5), []);
        await call(desk, 'answer_task', { task_id: id, answer: 'salt' });
        const done = await call(desk, 'wait_for_tasks', {});
        return JSON.stringify([unread[0]?.kind, asked.text, done.text]);
      },
      cook: async (_task, context) => `with ${await context.ask('Salt or sugar?')}`,
    });
    const ending = await background.delegate({ to: 'lead', task: 'Eat.' }).done;
    const [kind, asked, done] = JSON.parse(ending.text ?? '[]') as string[];
    assert.equal(kind, 'asked');
    assert.match(asked ?? '', /Salt or sugar\?/u);
    assert.match(done ?? '', /with salt/u);
  });

  test('is told apart from other runs of the same function, also where their calls have the same ids', async () => {
    const desks: Desk[] = [];
    const ids: string[] = [];
    const both = Promise.withResolvers<true>();
    await using background = await opened({
      lead: async ({ session }, context) => {
        const desk = context.desk();
        desks.push(desk);
        const { structured } = await call({ desk, callId: 'call_0' }, 'delegate_task', {
          ...{ workspace_id: 'writer', task: `for ${session}` },
        });
        await call(desk, 'commit_memory', { content: `of ${session}` });
        ids.push(String(structured['task_id']));
        if (ids.length === 2) {
          both.resolve(true);
        }
        await both.promise;
        const seen = await Promise.all(ids.map(async (id) => desk.look(id)));
        const kept = await desk.recall({ limit: 5 });
        return JSON.stringify([structured['result'], seen.filter(Boolean).length, kept.map(({ content }) => content)]);
      },
      writer: async ({ text }) => text,
    });
    const endings = await Promise.all(
      ['monday', 'tuesday'].map(async (session) => background.delegate({ to: 'lead', task: 'All.', session }).done),
    );
    assert.deepEqual(
      endings.map(({ text }) => JSON.parse(text ?? '')),
      [
        ['for monday', 1, ['of monday']],
        ['for tuesday', 1, ['of tuesday']],
      ],
    );
    // Of one session, and asking for the same.
    await background.delegate({ to: 'lead', task: 'All.', session: 'monday' }).done;
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(
      (await background.desk('monday').recall({ limit: 5 })).map(({ content }) => content),
      ['of monday', 'of monday'],
    );
  });

  test('is the one that counts, also where a function uses the desk of a session', async () => {
    const writer = gated();
    await using background = await opened({
      lead: async (): Promise<string> => {
        const desk = background.desk('main');
        const { delegation_id: id } = await desk.delegate({ target_id: 'writer', task: 'part' });
        await writer.finish('written');
        return (await desk.look(id, { waitMs: 10_000 }))?.result?.text ?? '';
      },
      writer: writer.run,
    });
    assert.equal((await background.delegate({ to: 'lead', task: 'All.' }).done).text, 'written');
    assert.deepEqual(
      (await background.list()).map(({ to, depth }) => [to, depth]),
      [
        ['writer', 2],
        ['lead', 1],
      ],
    );
    assert.equal((await background.desk().list({ limit: 5 })).length, 1);
  });

  test('refuses a cycle in the names that the program gave', async () => {
    await using background = await opened({
      lead: async (_task: unknown, context: TaskContext) =>
        JSON.stringify(await refusalOf(context.desk().delegate({ target_id: 'lead', task: 'Again.' }))),
    });
    const { text = '' } = await background.delegate({ to: 'lead', task: 'All.' }).done;
    const { code, message, fix } = JSON.parse(text) as Record<string, string>;
    assert.equal(code, 'cycle');
    assert.match(message ?? '', /\blead\b/u);
    assert.doesNotMatch(message ?? '', /\bhere\b/u);
    assert.match(fix ?? '', /list_peers/u);
  });
});
