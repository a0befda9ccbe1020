/**
 * The pruner over what is said and attached: it goes on until nothing old is left, and touches nothing that is not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../../src/core/delegation/index.ts';
import { openMemory, Tables } from '../../../src/engines/memory/engine.ts';
import { openLine, say } from '../../../src/flow/index.ts';
import { Scene } from '../../../src/testing/index.ts';
import { startUpkeep } from '../../../src/upkeep/index.ts';
import { ManualClock } from '../../support/clock.ts';
import { SeededIds } from '../../support/ids.ts';

const HOUR = 3_600_000;

test('E33: files that nobody used go within an hour after their time, and so do messages with theirs', async () => {
  const [clock, ids, tables] = [new ManualClock(), new SeededIds(), new Tables()];
  const limits = { ...LIMITS, fileUnusedMs: 2 * HOUR, settledKeptMs: 4 * HOUR };
  const engine = await openMemory({ clock, ids, limits, owner: 'srv_1', tables });
  const reopen = async () => assert.fail('it is not opened again');
  const scene = new Scene({ engine, clock, ids, reopen, close: async () => engine.close() });
  await scene.enrol('writer');
  const onFault = (error: unknown) => assert.fail(String(error));
  const line = await openLine({ engine, clock, ids, limits, owner: 'srv_1', carriers: {}, onFault });
  const attach = async (id: string, parts: number) => {
    await engine.files.begin({ id, org: 'acme', workspace: 'writer', name: id, createdAt: clock.now() });
    for (let place = 0; place < parts; place += 1) {
      await engine.files.save({ file: id, org: 'acme', place, bytes: Buffer.from(`${place}`) });
    }
    await engine.files.finish(id, { mimeType: 'text/plain', sha256: 'x' });
    return { name: id, mimeType: null, size: null, sha256: null, file: id, uri: null };
  };
  await attach('fil_unused', 3);
  const attachments = [await attach('fil_used', 3)];
  for (let index = 0; index < 450; index += 1) {
    await say(line, { workspace: 'writer', actor: 'writer', text: `m${index}`, attachments });
  }
  const upkeep = await startUpkeep(line);
  await clock.pass(1.5 * HOUR);
  assert.deepEqual([...tables.files.keys()], ['fil_unused', 'fil_used']);
  await clock.pass(1.6 * HOUR);
  assert.deepEqual([...tables.files.keys()], ['fil_used']);
  assert.equal(tables.messages.size, 450);
  await say(line, { workspace: 'writer', actor: 'writer', text: 'the last', attachments: [] });
  await clock.pass(2 * HOUR);
  assert.deepEqual([tables.messages.size, tables.files.size, tables.fileParts.size], [1, 0, 0]);
  await upkeep.stop();
  await scene.close();
});
