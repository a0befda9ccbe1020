/**
 * An agent that is told to stop while it is busy, and the one that takes over. `npm run -s example -- drain`
 *
 * The agent is beside this file, and runs in a process of its own.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from '../../src/runtime/index.ts';
import { onPlatform, stayingAt } from '../platform.ts';

const AGENT = join(import.meta.dirname, 'agent.ts');

await onPlatform('A potter, stopped in the middle of a bowl.', async (url) => {
  const first = await stayingAt(url, 'agent', 'run', AGENT);
  const errand = await connect({ url, workspace: 'operator' });
  const bowl = await errand.delegate({ to: 'potter', task: 'a bowl' });
  const jug = await errand.delegate({ to: 'potter', task: 'a jug' });
  for await (const { type } of bowl.events) {
    if (type === 'delegation.progressed') {
      break;
    }
  }

  console.log(`$ kill -TERM ${first.pid}`);
  first.kill('SIGTERM');
  const [code] = await once(first, 'exit');
  console.log(`process ${first.pid} ended with ${code}`);
  assert.equal(code, 0);

  // What it had begun it brought to its end; what waited still waits.
  const { text: done } = await bowl.done;
  console.log(`the bowl: ${done}`);
  assert.equal(done, `a bowl, by process ${first.pid}`);
  console.log(`the jug:  ${await jug.refresh()}`);
  assert.equal(jug.status, 'queued');

  const second = await stayingAt(url, 'agent', 'run', AGENT);
  const { text: next } = await jug.done;
  console.log(`the jug:  ${next}`);
  assert.equal(next, `a jug, by process ${second.pid}`);

  await errand.close();
  second.kill('SIGTERM');
  assert.deepEqual(await once(second, 'exit'), [0, null]);
});
