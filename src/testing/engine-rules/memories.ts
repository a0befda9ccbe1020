/**
 * Rules of memories: found by their terms, read by whom they are in sight of, counted, and gone when they are forgotten.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { soughtIn, type Sight, type Sought } from '../../core/memory/index.ts';
import type { MemoryFilter } from '../../core/ports/index.ts';
import { memoryIn, refusedWith, type Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function memoryRules(stage: Stage): void {
  describe('memories', () => {
    foundRules(stage);
    sightRules(stage);
    keptRules(stage);
    goneRules(stage);
  });
}

const ALL: Sight = { local: 'lead', team: ['lead', 'writer'], global: true };

/** What is read, newest first, as it says itself. */
async function read(scene: Scene, patch: Partial<MemoryFilter> = {}): Promise<string[]> {
  const page = await scene.engine.memories({ org: 'acme', sight: ALL, limit: 50, ...patch });
  return page.map(({ content }) => content);
}

async function found(scene: Scene, question: string, has: Sought['has'] = 'all'): Promise<string[]> {
  return read(scene, { sought: { terms: soughtIn(question), has } });
}

function foundRules(stage: Stage): void {
  test('E22: words are found by their beginning, in whatever case and form, all of them or some', () =>
    stage(async (scene) => {
      const [first, second, third] = [
        'Deployment runs at NOON',
        'ＤＥＰＬＯＹ on Friday, not noon!',
        'Straße ΟΔΟΣ café',
      ];
      for (const content of [first, second, third]) {
        await scene.remember(content);
      }
      assert.deepEqual(await found(scene, 'deploy'), [second, first]);
      assert.deepEqual(await found(scene, 'deployment'), [first]);
      assert.deepEqual(await found(scene, 'noon DEPLOY'), [second, first]);
      assert.deepEqual(await found(scene, 'noon friday'), [second]);
      assert.deepEqual(await found(scene, 'noon friday', 'some'), [first]);
      assert.deepEqual(await found(scene, 'noon', 'some'), [], 'of one word there is no part');
      assert.deepEqual(await found(scene, 'οδος'), [third]);
      assert.deepEqual(await found(scene, 'cafe\u0301'), [third]);
      assert.deepEqual(await found(scene, 'ployment'), [], 'a word is not found by its end');
      assert.deepEqual(await found(scene, '!? "*" OR'), []);
      assert.deepEqual(await found(scene, '… —'), [], 'where nothing is sought nothing is found');
      assert.deepEqual(await found(scene, 'teamacme localead global'), [], 'nor by where it lies');
    }));

  test('E22: what is written without spaces is found by one character, two, three or more', () =>
    stage(async (scene) => {
      const texts = [
        '東京都の天気は晴れ',
        '京都で deploy した',
        'サーバーを再起動する',
        '서버를 다시 시작',
        'รีสตาร์ทเซิร์ฟเวอร์',
      ];
      for (const content of texts) {
        await scene.remember(content);
      }
      const [tokyo, kyoto, server, seoul, bangkok] = texts;
      assert.deepEqual(await found(scene, '京'), [kyoto, tokyo]);
      assert.deepEqual(await found(scene, '京都'), [kyoto, tokyo]);
      assert.deepEqual(await found(scene, '東京都'), [tokyo]);
      assert.deepEqual(await found(scene, '天気は晴れ'), [tokyo]);
      assert.deepEqual(await found(scene, '都京'), []);
      assert.deepEqual(await found(scene, '京都deploy'), [kyoto]);
      assert.deepEqual(await found(scene, 'ｻｰﾊﾞｰ'), [server], 'half as wide is the same');
      assert.deepEqual(await found(scene, '서버'), [seoul]);
      assert.deepEqual(await found(scene, '작'), [seoul]);
      assert.deepEqual(await found(scene, 'เซิร์ฟ'), [bangkok]);
    }));

  test('E22: one as long as may be, of as many terms as fit, is kept and found by any of them', () =>
    stage(async (scene) => {
      const content = DENSE.join('');
      memoryIn(await scene.remember(content));
      for (const at of [0, 10_000, DENSE.length - 4]) {
        for (const length of [1, 2, 4]) {
          assert.deepEqual(await found(scene, DENSE.slice(at, at + length).join('')), [content]);
        }
      }
    }));
}

/** As many different characters and pairs as fit. */
const DENSE = Array.from({ length: 21_800 }, (_, index) => String.fromCodePoint(0x4e_00 + ((index * 7919) % 20_902)));

function sightRules(stage: Stage): void {
  test('E22: a page holds what is in sight and nothing else, newest first, and the next one goes on below it', () =>
    stage(async (scene) => {
      await scene.enrol('stranger', {}, 'globex');
      const said: [string, string, string][] = [
        ['lead', 'LOCAL', 'general'],
        ['lead', 'TEAM', 'general'],
        ['writer', 'LOCAL', 'general'],
        ['writer', 'TEAM', 'style'],
        ['stranger', 'TEAM', 'general'],
        ['stranger', 'GLOBAL', 'general'],
        ['lead', 'GLOBAL', 'style'],
      ];
      for (const [workspace, scope, namespace] of said) {
        const answer = await scene.remember(`note ${workspace} ${scope}`, { workspace, scope, namespace });
        assert.equal(answer.kind, 'memory');
      }
      const of = (...named: number[]) => named.map((index) => `note ${said[index]?.[0]} ${said[index]?.[1]}`);
      const sought: Sought = { terms: soughtIn('note'), has: 'all' };
      for (const more of [{}, { sought }]) {
        assert.deepEqual(await read(scene, more), of(6, 3, 1, 0));
        assert.deepEqual(await read(scene, { ...more, namespace: 'style' }), of(6, 3));
        const [newest, older] = await scene.engine.memories({ org: 'acme', sight: ALL, limit: 2, ...more });
        assert.deepEqual([newest?.workspace, older?.namespace], ['lead', 'style']);
        assert.deepEqual(await read(scene, { ...more, before: older!.key }), of(1, 0));
        const sights: [Sight, number[]][] = [
          [{ local: 'lead', team: [], global: false }, [0]],
          [{ local: null, team: ['writer'], global: false }, [3]],
          [{ local: null, team: [], global: true }, [6]],
          [{ local: 'writer', team: ['stranger'], global: false }, [2]],
          [{ local: null, team: [], global: false }, []],
        ];
        for (const [sight, named] of sights) {
          assert.deepEqual(await read(scene, { ...more, sight }), of(...named), JSON.stringify(sight));
        }
        assert.deepEqual(
          await read(scene, { ...more, org: 'globex', sight: { ...ALL, team: ['stranger'] } }),
          of(5, 4),
        );
      }
      assert.deepEqual(await scene.engine.teamAuthors('acme'), ['lead', 'writer']);
      assert.deepEqual(await scene.engine.teamAuthors('globex'), ['stranger']);
      assert.deepEqual(await scene.engine.teamAuthors('nobody'), []);
    }));
}

function keptRules(stage: Stage): void {
  test('E12: a memory comes back as it was given, and is there when the store is opened again', () =>
    stage(async (scene) => {
      const odd = '\u0001"odd" \u0000 👋🏽 \' \\ ‡ \t\n';
      const head = memoryIn(await scene.remember(odd, { namespace: 'näme\u0000space', scope: 'TEAM' }));
      const expected = { ...head, content: odd };
      assert.match(head.id, /^mem_[\da-z]{31}$/u);
      assert.deepEqual([head.length, head.createdAt], [Buffer.byteLength(odd), scene.now]);
      assert.deepEqual(await scene.engine.memory(head.key), expected);
      await scene.reopen();
      assert.deepEqual(await scene.engine.memory(head.key), expected);
      assert.deepEqual(await scene.engine.memories({ org: 'acme', sight: ALL, limit: 5 }), [expected]);
      assert.deepEqual(await found(scene, 'odd'), [odd]);
      assert.deepEqual(await read(scene, { namespace: 'näme\u0000space' }), [odd]);
      const next = memoryIn(await scene.remember('next'));
      assert.ok(next.key > head.key, 'E5: keys grow');
      assert.equal(await scene.engine.memory(head.key + 1_000_000), undefined);
    }));

  test('E23: the log has its length and its hash, in the same commit, and not what it says', () =>
    stage(async (scene) => {
      const redacted = [{ kind: 'password', count: 1 }];
      const memory = memoryIn(await scene.remember('unspeakable', { redacted }));
      const { id, scope, length, sha256 } = memory;
      const forget = { type: 'forget_memory', workspace: 'lead', actor: 'lead', id } as const;
      assert.deepEqual(memoryIn(await scene.do(forget)), memory);
      const events = await scene.engine.events({ workspace: 'lead', newestFirst: true, limit: 2 });
      assert.deepEqual(
        events.map(({ type, data }) => ({ type, data })),
        [
          { type: 'memory.forgotten', data: { memory_id: id, scope, length, sha256 } },
          { type: 'memory.committed', data: { memory_id: id, scope, length, sha256, redacted } },
        ],
      );
      assert.doesNotMatch(JSON.stringify(events), /unspeakable/u);
    }));

  test('E23: a workspace keeps no more than its bound, within one batch or over many, and may forget to keep anew', () =>
    stage(
      async (scene) => {
        const commit = async (workspace: string) => scene.remember('x', { workspace });
        const first = memoryIn(await commit('lead'));
        const content = 'y';
        const [length, sha256] = [1, 'hash'];
        const said = { workspace: 'lead', actor: 'lead', scope: 'LOCAL', namespace: 'general', redacted: [] };
        const command = { type: 'commit_memory', ...said, content, length, sha256 } as const;
        const { answers } = await scene.commit(command, command);
        assert.deepEqual(
          answers.map(({ kind }) => kind),
          ['memory', 'refused'],
        );
        assert.equal(refusedWith(await commit('lead')), 'memory_limit');
        assert.equal((await commit('writer')).kind, 'memory', 'it is the bound of one');
        await scene.do({ type: 'forget_memory', workspace: 'lead', actor: 'lead', id: first.id });
        assert.equal((await commit('lead')).kind, 'memory');
        assert.equal(refusedWith(await commit('lead')), 'memory_limit');
        assert.equal(refusedWith(await scene.remember('long', { workspace: 'writer', length: 11 })), 'too_large');
      },
      { memoriesMax: 2, memoryBytesMax: 10 },
    ));
}

function goneRules(stage: Stage): void {
  test('E23: what is forgotten is found no more, and only its author can forget it', () =>
    stage(async (scene) => {
      const { id, key } = memoryIn(await scene.remember('gone soon', { scope: 'TEAM' }));
      const forget = { type: 'forget_memory', workspace: 'lead', actor: 'lead', id } as const;
      assert.equal(refusedWith(await scene.do({ ...forget, workspace: 'writer' })), 'not_found');
      assert.equal(refusedWith(await scene.do({ ...forget, id: `${id.slice(0, -1)}!` })), 'not_found');
      assert.deepEqual(await found(scene, 'gone'), ['gone soon']);
      assert.equal((await scene.do(forget)).kind, 'memory');
      assert.equal(refusedWith(await scene.do(forget)), 'not_found');
      assert.deepEqual([await found(scene, 'gone'), await read(scene)], [[], []]);
      assert.equal(await scene.engine.memory(key), undefined);
      assert.deepEqual(await scene.engine.teamAuthors('acme'), []);
    }));

  test('E23: a workspace that is removed takes along what it kept for itself, and leaves what it kept for others', () =>
    stage(async (scene) => {
      for (const scope of ['LOCAL', 'TEAM', 'GLOBAL', 'LOCAL']) {
        await scene.remember(`left ${scope}`, { workspace: 'writer', scope });
      }
      await scene.remember('left by another');
      const sight: Sight = { local: 'writer', team: ['writer'], global: true };
      const said = { workspace: 'writer', actor: 'writer', scope: 'LOCAL', namespace: 'general', redacted: [] };
      await scene.commit(
        { type: 'commit_memory', ...said, content: 'left at last', length: 12, sha256: 'hash' },
        { type: 'remove', id: 'writer', actor: 'operator' },
      );
      for (const sought of [undefined, { terms: soughtIn('left'), has: 'all' }] as const) {
        const filter = { sight, ...(sought === undefined ? {} : { sought }) };
        assert.deepEqual(await read(scene, filter), ['left GLOBAL', 'left TEAM']);
      }
      assert.deepEqual(await found(scene, 'another'), ['left by another']);
      const events = await scene.engine.events({ workspace: 'writer', newestFirst: true, limit: 10 });
      const last = events.find(({ type }) => type === 'memory.forgotten');
      assert.deepEqual(last?.data, { scope: 'LOCAL', count: 3 });
      assert.equal(refusedWith(await scene.remember('more', { workspace: 'writer' })), 'not_found');
    }));

  test('E2: a memory of a batch that cannot be written leaves nothing behind', () =>
    stage(async (scene) => {
      const kept = memoryIn(await scene.remember('kept'));
      await assert.rejects(scene.remember('lost', { redacted: undefined as unknown as [] }));
      await scene.commit({ type: 'forget_memory', workspace: 'lead', actor: 'lead', id: kept.id }, {
        type: 'commit_memory',
        redacted: undefined,
        workspace: 'lead',
        scope: 'LOCAL',
      } as never);
      assert.deepEqual(await read(scene), []);
    }));
}
