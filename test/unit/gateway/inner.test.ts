/**
 * The platform's own routes without the network, for somebody who has gone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { innerPlatform } from '../../../src/gateway/inner.ts';
import { ok, route } from '../../../src/gateway/route.ts';
import { Router } from '../../../src/gateway/router.ts';

test('an inner call of somebody who has gone is not made, as over the network', async () => {
  let calls = 0;
  const asked = route({
    method: 'GET',
    path: '/asked',
    access: 'known',
    summary: 'Counts.',
    async handle() {
      calls += 1;
      return ok({});
    },
  });
  const outer = { headers: {} } as unknown as Parameters<typeof innerPlatform>[1];
  const platform = innerPlatform(new Router([asked]), outer);
  assert.equal((await platform.call({ method: 'GET', path: '/asked' })).status, 200);
  const gone = platform.call({ method: 'GET', path: '/asked', signal: AbortSignal.abort() });
  await assert.rejects(gone, { name: 'AbortError' });
  assert.equal(calls, 1);
});
