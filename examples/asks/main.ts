/**
 * An agent that asks its caller, and goes on with the answer. `npm run -s example -- asks`
 */
import assert from 'node:assert/strict';
import { agent } from '../../src/runtime/agent/index.ts';
import { connect } from '../../src/runtime/index.ts';
import { onPlatform } from '../platform.ts';

const baker = agent({
  name: 'baker',
  async handle(task, context) {
    const taste = await context.ask('Chocolate or lemon?');
    return `${task.text}, and it is ${taste}`;
  },
});

await onPlatform('A baker who has a question.', async (url) => {
  const serving = await baker.serve({ url });
  const errand = await connect({ url, workspace: 'operator' });

  const cake = await errand.delegate({ to: 'baker', task: 'A cake for six' });
  // Comes back with the ending, or without one as soon as there is a question.
  assert.equal(await cake.wait(), undefined);
  const question = await cake.question();
  console.log(`baker  ${question}   (${cake.status})`);
  assert.equal(question, 'Chocolate or lemon?');

  console.log('you    lemon');
  await cake.answer('lemon');
  const { text } = await cake.done;
  console.log(`baker  ${text}`);
  assert.equal(text, 'A cake for six, and it is lemon');

  await errand.close();
  await serving.stop();
});
