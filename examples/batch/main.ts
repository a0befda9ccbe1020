/**
 * An agent that hands out many tasks at once and joins what comes back. `npm run -s example -- batch`
 */
import assert from 'node:assert/strict';
import { agent } from '../../src/runtime/agent/index.ts';
import { connect } from '../../src/runtime/index.ts';
import { onPlatform } from '../platform.ts';

const counter = agent({
  name: 'counter',
  capacity: 4,
  handle: (task) => String(task.text.split(' ').length),
});

const editor = agent({
  name: 'editor',
  async handle(task, { errand }) {
    const pages = task.text.split('\n');
    const batch = await errand.delegateBatch(pages.map((page) => ({ to: 'counter', task: page })));
    const endings = await batch.done;
    const words = endings.reduce((sum, { text }) => sum + Number(text), 0);
    return `${endings.length} pages, ${words} words`;
  },
});

await onPlatform('An editor who has all pages counted at once.', async (url) => {
  const serving = await Promise.all([counter.serve({ url }), editor.serve({ url })]);
  const errand = await connect({ url, workspace: 'operator' });

  const pages = ['One waits', 'one is served', 'nobody is forgotten', 'the end'];
  const book = await errand.delegate({ to: 'editor', task: pages.join('\n') });
  const { text } = await book.done;
  console.log(`editor  ${text}`);
  assert.equal(text, '4 pages, 10 words');

  await errand.close();
  await Promise.all(serving.map(async (one) => one.stop()));
});
