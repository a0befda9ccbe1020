/**
 * Every adapter in its real framework, at a real platform: what the model is shown, what it reads, and that a busy peer
 * never makes it do the work itself.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { install } from '../../examples/installed.ts';
import type { Model, Seen } from '../../examples/script.ts';
import { openDesk } from '../../src/runtime/index.ts';
import { tools } from '../../src/tools/adapters/json-schema.ts';
import { schemasOf, TOOLS, type Desk } from '../../src/tools/index.ts';
import { openHouse, until, type Fields, type House } from '../protocol/support.ts';
import { ADRIFT, careful } from './careful.ts';

install();
const { kits } = await import('./kits/index.ts');

let house: House;
let seats = 0;

before(async () => {
  house = await openHouse({ open: false });
});

after(async () => house.close());

/** Who delegates. */
async function lead(): Promise<{ id: string; desk: Desk }> {
  seats += 1;
  const id = `lead-${seats}`;
  const { token } = await house.seat(id);
  return { id, desk: openDesk({ url: house.url, token, workspace: id }) };
}

/** A peer that fetches its work one by one, and ends it when the test says so. */
async function writer(): Promise<{ id: string; finish: (text: string) => Promise<void> }> {
  seats += 1;
  const id = `writer-${seats}`;
  const { token } = await house.seat(id, { pull: true });
  return {
    id,
    async finish(text) {
      const { rows } = await house.call('GET', `/workspaces/${id}/assignments?wait=5`, { token });
      const { delegation_id: did, epoch } = rows[0] ?? assert.fail('there was nothing to fetch');
      const path = `/workspaces/${id}/assignments/${did}/complete`;
      const { status, text: said } = await house.call('POST', path, { token, body: { epoch, text } });
      assert.equal(status, 200, said);
    },
  };
}

async function delegationsOf(id: string): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${id}/delegations`)).rows;
}

/** Makes one call, and ends. */
function caller(call: string, input: Record<string, unknown>, id: string): { model: Model; last: () => Seen } {
  let last: Seen | undefined;
  return {
    model(seen) {
      last = seen;
      return seen.answers.length === 0 ? { call, id, input } : { say: 'Done.' };
    },
    last: () => last ?? assert.fail('the model was never asked'),
  };
}

for (const kit of kits) {
  describe(`the tools in ${kit.name}`, { timeout: 60_000 }, () => {
    /** What the model reads of one call. */
    async function answerTo(desk: Desk, call: string, input: Record<string, unknown>, id = 'call-1') {
      const { model, last } = caller(call, input, id);
      assert.equal(await kit.run({ desk }, model), 'Done.');
      return last().answers.at(-1) ?? assert.fail('there was no answer');
    }

    test('are those of the registry, with its names, words and schemas, in its order', async () => {
      const { desk } = await lead();
      const { model, last } = caller('get_workspace_info', {}, 'call-1');
      await kit.run({ desk }, model);
      const { showsAs = (schema) => schema } = kit;
      assert.deepEqual(
        last().tools,
        TOOLS.map((spec) => ({
          name: spec.name,
          description: `${spec.short}\n\n${spec.whenToUse}`,
          schema: showsAs(schemasOf(spec).input),
        })),
      );
    });

    test('delegate once for one id of a call, and anew for another', async () => {
      const [{ id, desk }, peer] = [await lead(), await writer()];
      const input = { workspace_id: peer.id, task: 'A haiku.' };
      for (const call of ['call-1', 'call-1', 'call-2']) {
        const { text } = await answerTo(desk, 'delegate_task_async', input, call);
        assert.match(text, /"success":true/u);
      }
      assert.equal((await delegationsOf(id)).length, 2);
    });

    test('take a null for a field that was left out, and fill in what is left out', async () => {
      const { desk } = await lead();
      assert.match((await answerTo(desk, 'list_peers', { q: null })).text, /ID: /u);
      assert.match((await answerTo(desk, 'check_task_status', {})).text, /"count":0/u);
    });

    test('answer a wrong input in the words of the registry, as an error', async () => {
      const { desk } = await lead();
      const wrong = await answerTo(desk, 'delegate_task', { workspace_id: 7, colour: 'red' });
      const said = JSON.parse(wrong.text) as Record<string, string>;
      assert.equal(said['code'], 'invalid_request');
      assert.match(said['error'] ?? '', /^delegate_task: workspace_id: .*; task: /u);
      assert.match(said['error'] ?? '', kit.dropsUnknown === true ? /^[^]*$/u : /colour/u);
      assert.equal(said['fix'], 'Correct it and call again.');
      assert.notEqual(wrong.isError, false);
    });

    test('answer what the platform refuses with its words, and never with a stack', async () => {
      const { desk } = await lead();
      const refused = await answerTo(desk, 'delegate_task_async', { workspace_id: 'nobody', task: 'A haiku.' });
      const nowhere = openDesk({ url: 'http://127.0.0.1:9', workspace: 'lead' });
      const unreachable = await answerTo(nowhere, 'list_peers', {});
      for (const { text, isError } of [refused, unreachable]) {
        const { success, error, code, fix } = JSON.parse(text) as Record<string, unknown>;
        assert.equal(success, false);
        assert.ok(
          [error, code, fix].every((word) => typeof word === 'string' && word !== ''),
          text,
        );
        assert.doesNotMatch(text, /\n\s*at |\.ts:\d/u);
        assert.notEqual(isError, false);
      }
      assert.match(unreachable.text, /"code":"unreachable"/u);
    });

    test('end their wait when the run is aborted, and what was delegated goes on', async () => {
      const [{ id, desk }, peer] = [await lead(), await writer()];
      const looks: { signal: AbortSignal | undefined; over: Promise<unknown> }[] = [];
      const watched: Desk = {
        ...desk,
        async look(task, looking = {}) {
          const over = desk.look(task, looking);
          if ((looking.waitMs ?? 0) > 0) {
            looks.push({ signal: looking.signal, over });
          }
          return over;
        },
      };
      const stop = new AbortController();
      const { model } = caller('delegate_task', { workspace_id: peer.id, task: 'A haiku.' }, 'call-1');
      const run = kit.run({ desk: watched }, model, stop.signal).then(
        () => 'ended',
        () => 'ended',
      );
      await until('somebody waits for it', () => looks.length > 0);
      stop.abort();
      // A call is held for 45 s; this looks for 15.
      await until('nobody waits for it', () => looks.every(({ signal }) => signal?.aborted === true));
      assert.equal(await run, 'ended');
      await Promise.allSettled(looks.map(({ over }) => over));
      const [{ delegation_id: did, status } = assert.fail('it is gone')] = await delegationsOf(id);
      assert.equal(status, 'queued');
      await peer.finish('One waits, one is served');
      assert.equal((await house.ended(id, did)).status, 'completed');
      assert.deepEqual(
        (await desk.unread(5)).map(({ task_id: task }) => task),
        [did],
      );
    });

    test('let a model hand work over, carry on, be told, and use the result; it never does the work itself', async () => {
      const [{ id, desk }, peer] = [await lead(), await writer()];
      await house.delegate(id, peer.id, { task: 'Something that comes first.' });
      const model = careful('A haiku about queues.', peer.id);

      const handedOver = await kit.run({ desk }, model.delegate);
      assert.match(handedOver, /^Handed over as dlg_\w+; going on\.$/u);
      const impatient = await kit.run({ desk }, model.delegateAndWait);
      assert.match(impatient, /^Handed over as dlg_\w+; going on\.$/u);

      assert.equal(await kit.run({ desk }, model.carryOn), 'Nothing new; going on.');
      await peer.finish('The first thing.');
      await peer.finish('One waits, one is served');
      assert.equal(await kit.run({ desk }, model.carryOn), 'It came back: One waits, one is served');
      assert.equal((await delegationsOf(id)).length, 3);
    });
  });
}

describe('ids of calls', () => {
  test('are those of one conversation where it has a name, and empty ones are none', async () => {
    const [{ id, desk }, peer] = [await lead(), await writer()];
    const input = { workspace_id: peer.id, task: 'A haiku.' };
    for (const conversation of ['monday', 'tuesday', 'tuesday']) {
      const tool = tools({ desk }, { conversation }).find(({ name }) => name === 'delegate_task_async');
      await tool?.call(input, { callId: 'call_0' });
    }
    assert.equal((await delegationsOf(id)).length, 2);
    const nameless = tools({ desk }).find(({ name }) => name === 'delegate_task_async');
    await nameless?.call(input, { callId: '' });
    await nameless?.call(input);
    assert.equal((await delegationsOf(id)).length, 4);
  });
});

describe('the model of the story', () => {
  for (const word of ['wait, or do it yourself', 'wait; try another peer', 'wait, then retry', 'unavailable']) {
    test(`is not to be held where an answer says "${word}"`, () => {
      const answers = [
        { text: '- w (ID: w, status: online)' },
        { text: `{"task_id":"dlg_1","next_action":"${word}"}` },
      ];
      assert.deepEqual(careful('A haiku.', 'w').delegate({ tools: [], answers }), { say: ADRIFT });
    });
  }
});
