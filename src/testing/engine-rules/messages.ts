/**
 * Rules of what is said and of what is attached: kept whole, claimed in the commit that names it, forgotten in time.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { formId, PART_BYTES_MAX } from '../../core/ports/index.ts';
import type { Attachment, Message, Say, Words } from '../../core/workspace/index.ts';
import { delegationIn, refusedWith, type Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function messageRules(stage: Stage): void {
  describe('what is said', () => {
    sayingRules(stage);
    postingRules(stage);
  });
  describe('what is attached', () => {
    fileRules(stage);
    roomRules(stage);
    forgettingRules(stage);
    retentionRules(stage);
  });
}

const ODD = ['plain', 'ünïcödé 漢字 🏳️‍🌈', 'a\u0000b', '\u0001"x"', "'; --", 'x'.repeat(250_000)];
const ELSEWHERE: Attachment = {
  ...{ name: 'a\u0000b 漢.pdf', mimeType: null, size: null, sha256: null },
  ...{ file: null, uri: 'https://example.org/x' },
};

function wordsOf(text: string, attachments: readonly Attachment[] = []): Words {
  const [length, sha256, excerpt] = [Buffer.byteLength(text), hash('sha256', text), text.slice(0, 20)];
  return { text, length, sha256, excerpt, attachments };
}

function sayOf(words: Words, workspace = 'writer'): Say {
  return { type: 'say', workspace, actor: workspace, words };
}

async function said(scene: Scene, words: Words, workspace = 'writer'): Promise<Message> {
  const answer = await scene.do(sayOf(words, workspace));
  assert.ok(answer.kind === 'message', answer.kind);
  return answer.message;
}

function sayingRules(stage: Stage): void {
  test('E31: what an agent says comes back as it was said, and the log says how it begins', () =>
    stage(async (scene) => {
      const messages: Message[] = [];
      for (const text of ODD) {
        messages.push(await said(scene, wordsOf(text, [ELSEWHERE])));
        const [line] = await scene.engine.events({ workspace: 'writer', newestFirst: true, limit: 1 });
        assert.equal(line?.type, 'message.sent');
        assert.deepEqual(line.data, {
          ...{ message_id: messages.at(-1)?.id, from: 'agent', excerpt: text.slice(0, 20) },
          ...{ length: Buffer.byteLength(text), sha256: hash('sha256', text), attachments: [{ name: ELSEWHERE.name }] },
        });
      }
      await scene.reopen();
      assert.deepEqual(await scene.engine.messages({ workspace: 'writer', limit: 10 }), messages.toReversed());
      assert.deepEqual(await scene.engine.message(messages[0]!.key), messages[0]);
      assert.equal(messages[2]?.text, ODD[2]);
    }));

  test('E13: a conversation comes in pages, newest first, and holds nothing of another', () =>
    stage(async (scene) => {
      const keys: number[] = [];
      for (let index = 0; index < 5; index += 1) {
        keys.push((await said(scene, wordsOf(`m${index}`))).key);
        await said(scene, wordsOf('aside'), 'lead');
      }
      const first = await scene.engine.messages({ workspace: 'writer', limit: 2 });
      const rest = await scene.engine.messages({ workspace: 'writer', limit: 9, before: first.at(-1)!.key });
      assert.deepEqual(
        [...first, ...rest].map(({ key }) => key),
        keys.toReversed(),
      );
      assert.deepEqual(await scene.engine.messages({ workspace: 'nobody', limit: 9 }), []);
      assert.equal(refusedWith(await scene.do(sayOf(wordsOf('x'), 'nobody'))), 'not_found');
    }));

  test('E5: keys go on above those of messages when the store is opened again', () =>
    stage(async (scene) => {
      const { key } = await said(scene, wordsOf('last'));
      await scene.reopen();
      assert.ok((await scene.delegate()).key > key);
    }));
}

function postingRules(stage: Stage): void {
  test('E31: what a person writes is said with its task, in one commit, and once', () =>
    stage(async (scene) => {
      const accept = scene.accept({ idempotency: { key: 'k', hash: 'h' } });
      const post = { type: 'post', accept, words: wordsOf('Write it.', [ELSEWHERE]) } as const;
      const { answers, events } = await scene.commit(post, post);
      const [first, again] = answers.map(delegationIn);
      assert.equal(again?.key, first?.key);
      assert.equal(events.filter(({ type }) => type === 'message.sent').length, 1);
      assert.deepEqual(events.find(({ type }) => type === 'message.sent')?.data['delegation_id'], first?.id);
      await scene.reopen();
      assert.equal(delegationIn(await scene.do(post)).key, first?.key);
      const [message, ...others] = await scene.engine.messages({ workspace: 'writer', limit: 10 });
      assert.equal(others.length, 0);
      assert.deepEqual(
        { ...message, id: '' },
        {
          ...{ key: first?.key, id: '', org: 'acme', workspace: 'writer', from: 'person', text: 'Write it.' },
          ...{ attachments: [ELSEWHERE], delegation: first?.key, createdAt: scene.now },
        },
      );
    }));

  test('E31: what is refused as a task is not said', () =>
    stage(async (scene) => {
      const accept = scene.accept({ caller: 'writer', callee: 'writer' });
      const seq = await scene.engine.lastSeq();
      assert.equal(refusedWith(await scene.do({ type: 'post', accept, words: wordsOf('x') })), 'self_delegation');
      assert.equal(await scene.engine.lastSeq(), seq);
      assert.deepEqual(await scene.engine.messages({ workspace: 'writer', limit: 10 }), []);
    }));
}

interface Kept {
  id: string;
  bytes: Buffer;
}

/** A file of so many bytes, none like the one beside it; finished if it is to be. */
async function fileOf(scene: Scene, size: number, { isWhole = true, org = 'acme' } = {}): Promise<Kept> {
  const { files } = scene.engine;
  const id = formId('fil', scene.ids.key(), scene.ids.random());
  await files.begin({ id, org, workspace: 'writer', name: 'ä\u0000 漢.bin', createdAt: scene.now });
  const bytes = Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) % 256));
  for (let place = 0; place * PART_BYTES_MAX < size; place += 1) {
    const part = bytes.subarray(place * PART_BYTES_MAX, (place + 1) * PART_BYTES_MAX);
    assert.equal(await files.save({ file: id, org, place, bytes: part }), undefined);
  }
  if (isWhole) {
    await files.finish(id, { mimeType: 'image/png', sha256: hash('sha256', bytes) });
  }
  return { id, bytes };
}

async function bytesOf(scene: Scene, id: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let part = await scene.engine.files.part(id, 0); part !== undefined;) {
    parts.push(part);
    part = await scene.engine.files.part(id, parts.length);
  }
  return Buffer.concat(parts);
}

function attached({ id }: Kept): Attachment {
  return { name: 'x', mimeType: 'image/png', size: 1, sha256: 'x', file: id, uri: null };
}

async function isThere(scene: Scene, ...files: Kept[]): Promise<boolean[]> {
  const found = await scene.engine.files.files(files.map(({ id }) => id));
  return files.map(({ id }) => found.has(id));
}

async function removed(scene: Scene, id: string): Promise<number> {
  let steps = 1;
  while (await scene.engine.files.remove(id)) {
    steps += 1;
  }
  return steps;
}

function fileRules(stage: Stage): void {
  test('E32: a file is there when its last part is, and comes back byte for byte', () =>
    stage(async (scene) => {
      const half = await fileOf(scene, 2 * PART_BYTES_MAX, { isWhole: false });
      const whole = await fileOf(scene, 2 * PART_BYTES_MAX + 17);
      const empty = await fileOf(scene, 0);
      await scene.reopen();
      assert.deepEqual(await isThere(scene, half, whole, empty), [false, true, true]);
      const row = (await scene.engine.files.files([whole.id])).get(whole.id);
      assert.deepEqual(row, {
        ...{ id: whole.id, org: 'acme', workspace: 'writer', name: 'ä\u0000 漢.bin', mimeType: 'image/png' },
        ...{ size: whole.bytes.length, sha256: hash('sha256', whole.bytes), usedBy: null, createdAt: scene.now },
      });
      assert.ok((await bytesOf(scene, whole.id)).equals(whole.bytes));
      const more = { file: whole.id, org: 'acme', place: 3, bytes: Buffer.from('more') };
      assert.equal((await scene.engine.files.save(more))?.code, 'not_found', 'what is finished does not grow');
      assert.equal((await bytesOf(scene, empty.id)).length, 0);
    }));

  test('E32: from the first step of its removal on nobody reads it, and in the end nothing of it is left', () =>
    stage(async (scene) => {
      const file = await fileOf(scene, 2 * PART_BYTES_MAX);
      assert.equal(await scene.engine.files.remove(file.id), true);
      assert.deepEqual(await isThere(scene, file), [false]);
      assert.equal(await removed(scene, file.id), 2);
      assert.equal(await scene.engine.files.part(file.id, 0), undefined);
      assert.equal(await removed(scene, 'fil_nobody'), 1);
    }));

  test('E31: a file is used by the newest message that names it', () =>
    stage(async (scene) => {
      const file = await fileOf(scene, 10);
      const use = async () => (await scene.engine.files.files([file.id])).get(file.id)?.usedBy;
      await said(scene, wordsOf('one', [attached(file), attached(file)]));
      const second = sayOf(wordsOf('two', [attached(file)]));
      const { answers } = await scene.commit(second, sayOf(wordsOf('three', [attached(file)])));
      assert.equal(await use(), answers[1]?.kind === 'message' ? answers[1].message.key : 0);
      await said(scene, wordsOf('four', [attached({ ...file, id: 'fil_nobody' })]));
    }));
}

function roomRules(stage: Stage): void {
  test('E33: an organisation has room for so much, however small its files are, and others have theirs', () =>
    stage(
      async (scene) => {
        const { files } = scene.engine;
        const kept = [await fileOf(scene, 100), await fileOf(scene, 100_000)];
        const id = formId('fil', scene.ids.key(), scene.ids.random());
        await files.begin({ id, org: 'acme', workspace: 'writer', name: 'x', createdAt: scene.now });
        const part = { file: id, org: 'acme', place: 0, bytes: Buffer.alloc(70_000) };
        assert.equal((await files.save(part))?.code, 'file_limit');
        assert.equal(await files.part(id, 0), undefined);
        await fileOf(scene, 150_000, { org: 'globex' });
        assert.deepEqual(await isThere(scene, ...kept), [true, true]);
        await removed(scene, kept[1]!.id);
        assert.equal(await files.save(part), undefined, 'what went made room');
      },
      { fileBytesPerOrgMax: 200_000 },
    ));
}

async function forget(scene: Scene, ageMs: number) {
  const before = { messagesBefore: scene.now - ageMs, filesBefore: scene.now - ageMs };
  const { files, messages } = await scene.engine.files.forget({ ...before, most: 100 });
  return { messages, files: files.toSorted() };
}

function forgettingRules(stage: Stage): void {
  test('E33: what was never finished or never used goes when it is old, and nothing else', () =>
    stage(async (scene) => {
      const [half, unused, used] = [
        await fileOf(scene, 10, { isWhole: false }),
        await fileOf(scene, 10),
        await fileOf(scene, 10),
      ];
      await said(scene, wordsOf('look', [attached(used)]));
      scene.advance(1000);
      const young = await fileOf(scene, 10);
      const gone = await forget(scene, 1000);
      assert.deepEqual(gone, { messages: 0, files: [] });
      scene.advance(1);
      const old = await scene.engine.files.forget({ messagesBefore: 0, filesBefore: scene.now - 1000, most: 100 });
      assert.deepEqual(old.files.toSorted(), [half.id, unused.id].toSorted());
      assert.deepEqual(await isThere(scene, half, unused, used, young), [false, false, true, true]);
      await scene.reopen();
      const again = await scene.engine.files.forget({ messagesBefore: 0, filesBefore: scene.now - 1000, most: 100 });
      assert.deepEqual(again.files.toSorted(), old.files.toSorted(), 'until it is removed');
      for (const id of old.files) {
        await removed(scene, id);
      }
      const none = await scene.engine.files.forget({ messagesBefore: 0, filesBefore: scene.now - 1000, most: 100 });
      assert.deepEqual(none, { messages: 0, files: [] });
    }));
}

function retentionRules(stage: Stage): void {
  test('E33: what was said goes when it is old and its task is gone, and a file with the newest that names it', () =>
    stage(async (scene) => {
      const [first, second] = [await fileOf(scene, 10), await fileOf(scene, 10)];
      await said(scene, wordsOf('both', [attached(first), attached(second)]));
      const post = { type: 'post', accept: scene.accept(), words: wordsOf('it', [attached(second)]) } as const;
      const task = delegationIn(await scene.do(post));
      scene.advance(1000);
      assert.deepEqual(await forget(scene, 0), { messages: 1, files: [first.id] });
      assert.deepEqual(await isThere(scene, first, second), [false, true]);
      const { version } = await scene.complete(task);
      await scene.do({ type: 'collect', workspace: 'lead', delegation: task.key, version, actor: 'lead' });
      scene.advance(1000);
      assert.equal((await forget(scene, 0)).messages, 0, 'its task is there');
      await scene.do({ type: 'prune', before: scene.now, most: 10 });
      const gone = await forget(scene, 0);
      assert.equal(gone.messages, 1);
      assert.ok(gone.files.includes(second.id));
      assert.deepEqual(await scene.engine.messages({ workspace: 'writer', limit: 10 }), []);
    }));

  test('E33: no more goes at a time than was asked for', () =>
    stage(async (scene) => {
      for (let index = 0; index < 5; index += 1) {
        await said(scene, wordsOf(`m${index}`));
        await fileOf(scene, 1);
      }
      scene.advance(1000);
      const before = { messagesBefore: scene.now, filesBefore: scene.now };
      const { messages, files } = await scene.engine.files.forget({ ...before, most: 2 });
      assert.deepEqual([messages, files.length], [2, 2]);
      const left = await scene.engine.messages({ workspace: 'writer', limit: 10 });
      assert.deepEqual(
        left.map(({ text }) => text),
        ['m4', 'm3', 'm2'],
        'the oldest first',
      );
    }));
}
