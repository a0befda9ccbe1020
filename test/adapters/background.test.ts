/**
 * The same adapters in their real frameworks, at a desk in this very process: what the model is shown and reads, and
 * that it is told by a turn once it is idle.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { install } from '../../examples/installed.ts';
import type { Model, Seen } from '../../examples/script.ts';
import { open, type Background } from '../../src/background/index.ts';
import { schemasOf, TOOLS, type Desk } from '../../src/tools/index.ts';
import { until } from '../protocol/support.ts';
import { careful } from './careful.ts';

install();
const { kits } = await import('./kits/index.ts');

const HAIKU = 'One waits, one is served';

/** One writer, who ends a task when the test says so, one after another. */
async function house() {
  const waiting: PromiseWithResolvers<string>[] = [];
  const background = await open({
    capacity: 1,
    workspaces: {
      async writer(): Promise<string> {
        const one = Promise.withResolvers<string>();
        waiting.push(one);
        return one.promise;
      },
    },
  });
  return {
    ...{ background, desk: background.desk() },
    async finish(text: string): Promise<void> {
      await until('the writer has begun', () => waiting.length > 0);
      waiting.shift()?.resolve(text);
    },
    async [Symbol.asyncDispose]() {
      await background.shutdown({ mode: 'keep' });
    },
  };
}

async function told(background: Background): Promise<string> {
  for await (const turn of background.turns()) {
    await turn.acknowledge();
    return turn.text;
  }
  return assert.fail('nothing was told');
}

for (const kit of kits) {
  describe(`the tools in ${kit.name}, at a desk in this process`, { timeout: 60_000 }, () => {
    /** What the model is shown, and what it reads of one call. */
    async function answerTo(desk: Desk, call: string, input: Record<string, unknown>, id = 'call-1') {
      let last: Seen | undefined;
      const model: Model = (seen) => {
        last = seen;
        return seen.answers.length === 0 ? { call, id, input } : { say: 'Done.' };
      };
      assert.equal(await kit.run({ desk }, model), 'Done.');
      return { ...(last?.answers.at(-1) ?? assert.fail('there was no answer')), tools: last?.tools };
    }

    test('are those of the registry, but for the one that speaks to a person', async () => {
      await using at = await house();
      const { showsAs = (schema) => schema } = kit;
      const { tools } = await answerTo(at.desk, 'get_workspace_info', {});
      assert.deepEqual(
        tools,
        TOOLS.filter(({ name }) => name !== 'send_message_to_user').map((spec) => ({
          name: spec.name,
          description: `${spec.short}\n\n${spec.whenToUse}`,
          schema: showsAs(schemasOf(spec).input),
        })),
      );
    });

    test('delegate once for one id of a call, and say what is wrong in words', async () => {
      await using at = await house();
      const input = { workspace_id: 'writer', task: 'A haiku.' };
      for (const call of ['call-1', 'call-1', 'call-2']) {
        assert.match((await answerTo(at.desk, 'delegate_task_async', input, call)).text, /"success":true/u);
      }
      assert.equal((await at.background.list()).length, 2);
      const refused = await answerTo(at.desk, 'delegate_task_async', { ...input, workspace_id: 'nobody' }, 'call-3');
      const wrong = await answerTo(at.desk, 'delegate_task', { workspace_id: 7 }, 'call-4');
      for (const [{ text, isError }, code] of [
        [refused, 'not_found'],
        [wrong, 'invalid_request'],
      ] as const) {
        const said = JSON.parse(text) as Record<string, unknown>;
        assert.deepEqual([said['success'], said['code'], typeof said['fix']], [false, code, 'string']);
        assert.doesNotMatch(text, /\n\s*at |\.ts:\d/u);
        assert.notEqual(isError, false);
      }
      assert.match(refused.text, /There is no .*nobody.*writer/u);
    });

    test('end their wait when the run is aborted, and what was delegated goes on', async () => {
      await using at = await house();
      const looks: (AbortSignal | undefined)[] = [];
      const watched: Desk = {
        ...at.desk,
        async look(task, looking = {}) {
          if ((looking.waitMs ?? 0) > 0) {
            looks.push(looking.signal);
          }
          return at.desk.look(task, looking);
        },
      };
      const stop = new AbortController();
      const model: Model = () => ({
        ...{ call: 'delegate_task', id: 'call-1', input: { workspace_id: 'writer', task: 'A haiku.' } },
      });
      const run = kit.run({ desk: watched }, model, stop.signal).then(
        () => 'ended',
        () => 'ended',
      );
      await until('somebody waits for it', () => looks.length > 0);
      stop.abort();
      assert.equal(await run, 'ended');
      assert.ok(looks.every((signal) => signal?.aborted === true));
      const turn = told(at.background);
      await at.finish(HAIKU);
      assert.match(await turn, new RegExp(HAIKU, 'u'));
    });

    test('let a model hand work over, carry on, be told by a turn once it is idle, and not again', async () => {
      await using at = await house();
      const model = careful('A haiku about queues.', 'writer');
      const turn = told(at.background);
      at.background.busy();
      const handedOver = await kit.run({ desk: at.desk }, model.delegate);
      assert.match(handedOver, /^Handed over as dlg_\w+; going on\.$/u);
      assert.equal(await kit.run({ desk: at.desk }, model.carryOn), 'Nothing new; going on.');
      await at.finish(HAIKU);
      await until('it has ended', async () => (await at.background.active()).length === 0);
      assert.equal(await Promise.race([turn, Promise.resolve('not yet')]), 'not yet');
      at.background.idle();
      assert.match(await turn, new RegExp(`DELEGATION ENDED dlg_\\w+: completed[^]*${HAIKU}`, 'u'));
      assert.equal(await kit.run({ desk: at.desk }, model.carryOn), 'Nothing new; going on.');
    });
  });
}
