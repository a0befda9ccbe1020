/** Dispatching through the compatibility door: what its callers rely on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHermes, type Hermes } from '../../../../src/background/hermes/index.ts';

const gated = () => Promise.withResolvers<Record<string, unknown>>();

/** Its id, of one that was taken. */
async function dispatched(answer: ReturnType<Hermes['dispatch_async_delegation']>): Promise<string> {
  const said = await answer;
  assert.equal(said.status, 'dispatched');
  return said.status === 'dispatched' ? said.delegation_id : '';
}

test('dispatch returns while the child is still at its gate, and its completion carries what was asked', async () => {
  await using hermes = await openHermes();
  const gate = gated();
  const id = await dispatched(
    hermes.dispatch_async_delegation({
      goal: 'count the sheep',
      context: 'for the night',
      toolsets: ['eyes'],
      role: 'leaf',
      model: 'small',
      session_key: 'telegram:7',
      runner: () => gate.promise,
    }),
  );
  assert.match(id, /^deleg_[0-9a-z]{31}$/u);
  assert.equal(await hermes.active_count(), 1);
  const [running] = await hermes.list_async_delegations();
  assert.equal(running?.status, 'running');
  gate.resolve({ status: 'completed', summary: 'twelve', api_calls: 4, model: 'large', exit_reason: 'completed' });
  const claim = await hermes.completion_queue.get({ session_key: 'telegram:7' });
  assert.ok(claim);
  const { dispatched_at, completed_at, duration_seconds, ...event } = claim.event;
  assert.ok(completed_at >= dispatched_at && duration_seconds >= 0);
  console.log(event);
  console.log(hermes.format_async_delegation(claim.event));
  console.log(await hermes.list_async_delegations());
});
