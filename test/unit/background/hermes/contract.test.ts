/** What children have promised to answer with: held, corrected once, or delivered with what is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { openHermes, type BatchRunner, type Correction, type Runner } from '../../../../src/background/hermes/index.ts';
import { gate, idOf, nextOf, refusalOf } from './stage.ts';

const SHEEP = z.object({ sheep: z.number() });

async function eventOf(dispatch: { runner: Runner; output_schema: typeof SHEEP }) {
  await using hermes = await openHermes();
  idOf(await hermes.dispatch_async_delegation({ goal: 'count', ...dispatch }));
  const { event } = await nextOf(hermes);
  return { event, text: hermes.format_async_delegation(event) };
}

test('an answer that is what its output_schema asks for is marked as that, and its runner is called once', async () => {
  let calls = 0;
  const runner: Runner = () => {
    calls += 1;
    return { summary: '{"sheep": 12}' };
  };
  const { event, text } = await eventOf({ runner, output_schema: SHEEP });
  assert.deepEqual([event.results[0]?.schema_valid, event.results[0]?.schema_errors, calls], [true, undefined, 1]);
  assert.ok(!text.includes('output_schema'));
});

test('an answer that is not is asked for once more, with what is wrong, and then taken', async () => {
  const seen: (readonly Correction[])[] = [];
  const runner: Runner = ({ corrections }) => {
    seen.push(corrections);
    return { summary: corrections.length === 0 ? 'twelve' : '{"sheep": 12}' };
  };
  const { event } = await eventOf({ runner, output_schema: SHEEP });
  assert.deepEqual([event.status, event.summary, event.results[0]?.schema_valid], ['completed', '{"sheep": 12}', true]);
  assert.deepEqual(
    seen.map((some) => some.map(({ task_index, errors }) => [task_index, errors.length])),
    [[], [[0, 1]]],
  );
});

test('after exactly one correction it completes with schema_valid false and the errors, and the text says so', async () => {
  let calls = 0;
  const runner: Runner = () => {
    calls += 1;
    return { summary: `{"sheep": "${calls}"}` };
  };
  const { event, text } = await eventOf({ runner, output_schema: SHEEP });
  const [result] = event.results;
  assert.deepEqual([event.status, event.summary, calls], ['completed', '{"sheep": "2"}', 2]);
  assert.equal(result?.schema_valid, false);
  assert.match(result?.schema_errors?.join('\n') ?? '', /^sheep: /u);
  assert.match(text, /This is not what its output_schema asks for:\n<untrusted-schema-errors [0-9a-f]+>\nsheep: /u);
});

test('a correction that fails leaves the first answer, and says that it failed', async () => {
  const runner: Runner = ({ corrections }) => {
    if (corrections.length > 0) {
      throw new Error('no more credit');
    }
    return { summary: 'twelve' };
  };
  const { event } = await eventOf({ runner, output_schema: SHEEP });
  const [result] = event.results;
  assert.deepEqual([event.status, result?.summary, result?.schema_valid], ['completed', 'twelve', false]);
  assert.match(result?.schema_errors?.at(-1) ?? '', /no more credit/u);
});

test('what did not complete is asked for no correction', async () => {
  let calls = 0;
  const runner: Runner = () => {
    calls += 1;
    return { status: 'error', summary: 'half', error: 'stuck' };
  };
  const { event } = await eventOf({ runner, output_schema: SHEEP });
  assert.deepEqual([event.status, event.results[0]?.schema_valid, calls], ['error', undefined, 1]);
});

test('of a batch only the children whose answers do not hold are brought anew', async () => {
  await using hermes = await openHermes();
  const runner: BatchRunner = ({ corrections }) =>
    corrections.length === 0
      ? { results: [{ summary: '{"sheep": 1}' }, { summary: 'two' }, { summary: 'free' }, { status: 'error' }] }
      : { results: corrections.map(({ task_index }) => ({ task_index, summary: '{"sheep": 2}' })) };
  const goals = ['a', 'b', 'c', 'd'];
  const output_schema = [SHEEP, SHEEP, null, SHEEP];
  idOf(await hermes.dispatch_async_delegation_batch({ goals, runner, output_schema }));
  const { event } = await nextOf(hermes);
  assert.deepEqual(
    event.results.map(({ status, summary, schema_valid }) => [status, summary, schema_valid]),
    [
      ['completed', '{"sheep": 1}', true],
      ['completed', '{"sheep": 2}', true],
      ['completed', 'free', undefined],
      ['error', null, undefined],
    ],
  );
  assert.deepEqual([event.status, event.counts], ['partial', { completed: 3, error: 1 }]);
});

test('an output_schema that is none is rejected', async () => {
  await using hermes = await openHermes();
  const { runner } = gate();
  for (const output_schema of [{ type: 'object' }, 7, [SHEEP]]) {
    const refused = await hermes.dispatch_async_delegation({
      goal: 'g',
      runner,
      output_schema: output_schema as never,
    });
    assert.match(refusalOf(refused).error, /^output_schema: /u);
  }
  const goals = ['a', 'b'];
  const short = { goals, runner: () => ({ results: [] }), output_schema: [SHEEP] };
  assert.match(refusalOf(await hermes.dispatch_async_delegation_batch(short)).error, /^output_schema: /u);
});
