/**
 * An agent that says how far it is, and a caller that watches. `npm run -s example -- progress`
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { agent } from '../../src/runtime/agent/index.ts';
import { connect } from '../../src/runtime/index.ts';
import { onPlatform } from '../platform.ts';

const CHAPTERS = ['one', 'two', 'three'];

const reader = agent({
  name: 'reader',
  async handle(task, context) {
    for (const [done, chapter] of CHAPTERS.entries()) {
      context.progress({ message: `chapter ${chapter}`, percent: Math.round((100 * done) / CHAPTERS.length) });
      // The signal ends the work when nobody waits for it any more.
      await pause(1200, undefined, { signal: context.signal });
    }
    return `${task.text}: it ends well`;
  },
});

await onPlatform('A reader who says how far it is.', async (url) => {
  const serving = await reader.serve({ url });
  const errand = await connect({ url, workspace: 'operator' });

  const book = await errand.delegate({ to: 'reader', task: 'Read the book' });
  const heard: unknown[] = [];
  for await (const { at, type, data } of book.events) {
    const { message, percent } = data;
    console.log(at.toISOString().slice(17, 23), type, message === undefined ? '' : `${message}, ${percent} %`);
    if (type === 'delegation.progressed') {
      heard.push(message);
    }
  }
  // One step a second is told; of several the last one.
  assert.equal(heard[0], 'chapter one');
  const { text } = await book.done;
  assert.equal(text, 'Read the book: it ends well');

  await errand.close();
  await serving.stop();
});
