/**
 * A shell script as an agent: count.sh, beside this file. `npm run -s example -- shell-script`
 */
import assert from 'node:assert/strict';
import { connect } from '../../src/runtime/index.ts';
import { errandAt, onPlatform } from '../platform.ts';

await onPlatform('A shell script that counts words.', async (url) => {
  await errandAt(url, 'agent', 'add', 'counter', '--command', './count.sh', '--dir', import.meta.dirname);
  const errand = await connect({ url, workspace: 'operator' });

  const pages = await errand.delegate({ to: 'counter', task: 'One waits\none is served' });
  const heard: unknown[] = [];
  for await (const { type, data } of pages.events) {
    console.log(type, data['message'] ?? '');
    if (type === 'delegation.progressed') {
      heard.push(data['message']);
    }
  }
  assert.equal(heard[0], 'page 1');
  const { text } = await pages.done;
  console.log(`\n${text}`);
  assert.equal(text, 'page 1: 2 words\npage 2: 3 words\n');

  // Exit code 0 is success. With any other the last words of stderr say why.
  const empty = await errand.delegate({ to: 'counter', task: '\n' });
  const { status, error } = await empty.done;
  console.log(`${status}: ${error}`);
  assert.equal(error, 'The program ended with exit code 1: page 1\npage 1 is empty');

  await errand.close();
});
