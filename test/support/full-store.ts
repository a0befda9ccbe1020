/**
 * A store with every kind of row in every state, made by the law itself, with texts that are hard to keep.
 */
import fc from 'fast-check';
import type { Delegation } from '../../src/core/delegation/index.ts';
import { formId, PART_BYTES_MAX } from '../../src/core/ports/index.ts';
import { delegationIn, resultOf, type Scene } from '../../src/testing/index.ts';
import { anyStep, peopled } from './lives.ts';

const ODD = [
  'a\u0000b',
  '\u0001"marked"',
  '\u0001',
  '👋🏽 é Ω \uFFFD',
  '"quoted" \\u0000 \\ \u2028 \t\r\n',
  "'; DROP TABLE delegation; --",
];
/** Half a pair: kept where it is inside JSON. */
const HALF = 'half \uD83D of one';
const LONG = 'lorem ipsum '.repeat(90_000);

export const KEPT_KEY = { key: 'once\u0000only', hash: 'h-1' };

export interface Kept {
  running: Delegation;
  asking: Delegation;
  keyed: Delegation;
}

export async function fillStore(scene: Scene, lives = 60): Promise<Kept> {
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer', {
    parent: 'lead',
    roles: ['a', 'b'],
    card: { 'na\u0000me': HALF, '1': [null, -0.5, {}] },
  });
  await peopled(scene);
  await scene.enrol('elsewhere-lead', { carrier: 'none' }, 'globex');
  await scene.enrol('elsewhere', { allowedActions: { delegate: ['x'] }, grants: ['lead'] }, 'globex');
  for (const [seed, step] of fc.sample(anyStep(), { numRuns: lives, seed: 7 }).entries()) {
    scene.advance(seed);
    await step(scene, await scene.engine.delegations({ limit: 100 }));
  }
  await scene.engine.secret('attempt-tokens');
  await scene.engine.secret('operator');
  await fillKeys(scene);
  await fillEndings(scene);
  await fillInbox(scene);
  await fillMessages(scene);
  await fillMemories(scene);
  return fillLiving(scene);
}

async function fillKeys(scene: Scene): Promise<void> {
  for (const [index, name] of ODD.entries()) {
    const given = { id: `key_${index}`, org: 'acme', workspace: index % 2 === 0 ? 'writer' : null, name, actor: 'op' };
    const about = { hash: `hash-${index}`, prefix: `er_${index}`, expiresAt: index === 0 ? null : scene.now + index };
    await scene.do({ type: 'issue_key', ...given, ...about });
  }
  await scene.do({ type: 'revoke_key', id: 'key_0', org: 'acme', workspace: 'writer', actor: 'op' });
  await scene.do({
    type: 'note',
    event: 'workspace.reported',
    workspace: 'writer',
    peer: null,
    actor: 'writer',
    data: { message: ODD.join('|'), half: HALF, '2': 'b', '1': 'a' },
  });
}

async function fillEndings(scene: Scene): Promise<void> {
  await scene.enrol('scribe', { capacity: 50 });
  const idempotency = (index: number) => ({ key: ODD[index] ?? '', hash: `h-${index}` });
  for (const [index, odd] of ODD.entries()) {
    const request = { task: odd, context: HALF, parts: [{ kind: 'data' as const, data: { odd } }], labels: { odd } };
    const asked = { callee: 'scribe', request, conversation: `c${odd}`, idempotency: idempotency(index) };
    const row = await scene.delegate(asked);
    const late = { ...(await scene.command(row, 'complete', { result: resultOf(`late ${odd}`) })) };
    if (index % 2 === 0) {
      const result = { ...resultOf(odd), parts: [{ kind: 'file' as const, name: odd, bytes: 'aGk=' }] };
      await scene.on(row, 'complete', { result, usage: { inputTokens: 3 } });
    } else {
      await scene.on(row, 'fail', { reason: 'callee_failed', error: odd });
    }
    await scene.do(late);
    await scene.do(late);
  }
  await scene.complete(await scene.delegate({ callee: 'scribe' }), LONG);
  const cancelled = await scene.delegate({ callee: 'scribe' });
  await scene.on(cancelled, 'cancel', {});
  await scene.on(cancelled, 'confirm_cancel', {});
  const batch = await scene.openBatch([{ callee: 'scribe' }, { callee: 'scribe' }], { key: 'batch', hash: 'b' });
  if (batch.kind === 'batch' && batch.delegations[0] !== undefined) {
    await scene.complete(batch.delegations[0]);
  }
  await scene.delegate({ id: 'given-from-outside', origin: 'self', callee: 'scribe' });
  await scene.delegate({ id: 'another:from.outside', origin: 'self', callee: 'editor' });
  await scene.complete(await scene.delegate({ caller: 'elsewhere-lead', callee: 'elsewhere' }));
}

async function fillMemories(scene: Scene): Promise<void> {
  for (const [index, odd] of [...ODD, '京都で deploy'].entries()) {
    const scope = ['LOCAL', 'TEAM', 'GLOBAL'][index % 3] ?? 'LOCAL';
    await scene.remember(`kept ${odd}`, { scope, namespace: odd.slice(0, 50) });
  }
  await scene.remember('kept elsewhere', { workspace: 'elsewhere-lead', scope: 'TEAM' });
}

async function fillInbox(scene: Scene): Promise<void> {
  await scene.do({ type: 'lease_notices', workspace: 'lead', most: 3 });
  const [first] = await scene.engine.unacknowledged('lead', 1);
  await scene.do({ type: 'acknowledge_notices', workspace: 'lead', ids: [first?.id ?? ''], actor: 'lead' });
  await scene.do({
    type: 'beat',
    id: 'editor',
    activity: { tasks: 2, current: 'x', errorRate: 0.5, uptimeSeconds: 9 },
  });
}

async function fillMessages(scene: Scene): Promise<void> {
  const { files } = scene.engine;
  const ids: string[] = [];
  for (const [index, odd] of ODD.entries()) {
    const id = formId('fil', scene.ids.key(), scene.ids.random());
    const org = index % 2 === 0 ? 'acme' : 'globex';
    await files.begin({ id, org, workspace: 'writer', name: odd, createdAt: scene.now });
    for (let place = 0; place < index; place += 1) {
      await files.save({ file: id, org, place, bytes: Buffer.alloc(PART_BYTES_MAX - place, `${odd}${place}`) });
    }
    if (index !== 2) {
      await files.finish(id, { mimeType: 'application/pdf', sha256: `sha-${index}` });
    }
    ids.push(id);
  }
  const about = { mimeType: null, size: null, sha256: null };
  for (const [index, odd] of ODD.entries()) {
    const uri = index % 2 === 0 ? null : 'https://example.org/x';
    const attachment = { ...about, name: odd, file: uri === null ? (ids[index] ?? null) : null, uri };
    const words = { text: odd, length: odd.length, sha256: 'x', excerpt: '', attachments: [attachment] };
    await scene.do({ type: 'say', workspace: 'writer', actor: 'writer', words });
    const post = { accept: scene.accept({ callee: 'scribe', request: { task: odd } }), words };
    await scene.do({ type: 'post', ...post, words: { ...words, text: LONG, attachments: [] } });
  }
}

/** One of each that is alive: at a callee that takes one at a time, so that the rest waits. */
async function fillLiving(scene: Scene): Promise<Kept> {
  await scene.enrol('single');
  await scene.enrol('held');
  const running = await scene.delegate({ callee: 'single', idempotency: { key: 'run', hash: 'r' } });
  await scene.on(running, 'acknowledge', { remoteTask: 'remote-1', remoteContext: 'context-1' });
  await scene.on(running, 'progress', { message: ODD[0] ?? '', percent: 50 });
  await scene.delegate({ callee: 'scribe', parent: running.key, caller: 'single' });
  for (const priority of [10, 50, 100] as const) {
    await scene.delegate({ callee: 'single', priority, caller: priority === 50 ? 'chief' : 'lead' });
  }
  const asking = await scene.delegate({ callee: 'scribe' });
  await scene.on(asking, 'ask', { question: ODD[1] ?? '' });
  await scene.delegate({ callee: 'scribe', startAt: scene.now + 60_000 });
  await scene.requeue(await scene.delegate({ callee: 'held' }), 'busy', { retryAfterMs: 90_000 });
  const keyed = delegationIn(await scene.do(scene.accept({ callee: 'single', idempotency: KEPT_KEY })));
  return { running: await scene.read(running), asking: await scene.read(asking), keyed };
}
