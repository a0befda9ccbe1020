/**
 * Rules of seats, their keys and the store's own secrets.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Command } from '../../core/ports/index.ts';
import type { Workspace } from '../../core/workspace/index.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function seatRules(stage: Stage): void {
  describe('seats', () => {
    seatPages(stage);
    keyRules(stage);
  });
}

function seatPages(stage: Stage): void {
  test('E12: a seat comes back with everything it was given', () =>
    stage(async (scene) => {
      const profile = {
        name: 'Ünïcode 漢',
        role: 'reviewer',
        parent: 'lead',
        tier: 3,
        carrier: 'a2a' as const,
        url: 'https://agent.example/a2a',
        card: { name: 'x', skills: [{ id: 'a', tags: ['b'] }] },
        capacity: 7,
        roles: ['operator', 'scribe'],
        allowedActions: { scribe: ['delegate'] },
        grants: ['writer'],
        denials: ['other'],
      };
      const enrolled = await scene.enrol('full', profile);
      const activity = { tasks: 2, current: 'reading', errorRate: 0.25, uptimeSeconds: 9 };
      await scene.do({ type: 'beat', id: 'full', activity });
      const expected: Workspace = { ...enrolled, ...profile, activity, presence: 'online', seenAt: scene.now };
      assert.deepEqual(await scene.seat('full'), expected);
      await scene.reopen();
      assert.deepEqual(await scene.seat('full'), expected);
    }));

  test('E13: seats come in pages by id, of one organisation or of all', () =>
    stage(async (scene) => {
      for (const id of ['c', 'a', 'b']) {
        await scene.enrol(id, {}, 'globex');
      }
      const ids = (seats: readonly Workspace[]) => seats.map(({ id }) => id);
      assert.deepEqual(ids(await scene.engine.workspaces({ limit: 10 })), ['a', 'b', 'c', 'lead', 'writer']);
      assert.deepEqual(ids(await scene.engine.workspaces({ org: 'globex', limit: 2 })), ['a', 'b']);
      assert.deepEqual(ids(await scene.engine.workspaces({ org: 'globex', after: 'b', limit: 2 })), ['c']);
    }));

  test('E13: neighbours are the parent, the children and the siblings, and nobody else', () =>
    stage(async (scene) => {
      const tree: [string, string | null][] = [
        ['head', null],
        ['left', 'head'],
        ['right', 'head'],
        ['leaf', 'left'],
        ['far', 'right'],
      ];
      for (const [id, parent] of tree) {
        await scene.enrol(id, { parent });
      }
      await scene.enrol('gone', { parent: 'left' });
      await scene.do({ type: 'remove', id: 'gone', actor: 'operator' });
      await scene.enrol('stranger', {}, 'globex');
      const near = async (id: string) =>
        (await scene.engine.neighbours(await scene.seat(id), 10)).map((seat) => seat.id);
      assert.deepEqual(await near('left'), ['head', 'leaf', 'right']);
      assert.deepEqual(await near('head'), ['lead', 'left', 'right', 'writer']);
      assert.deepEqual(await near('leaf'), ['left']);
      assert.deepEqual(await near('stranger'), []);
    }));
}

function keyRules(stage: Stage): void {
  test('E12: a key is found by its hash, is listed where it belongs, and shows when it was revoked', () =>
    stage(async (scene) => {
      await issue(scene, { id: 'key-1', workspace: 'writer', hash: 'h1' });
      await issue(scene, { id: 'key-2', workspace: null, hash: 'h2' });
      assert.equal((await scene.engine.keyByHash('h1'))?.workspace, 'writer');
      const listed = async (workspace: string | null) =>
        (await scene.engine.keys({ org: 'acme', workspace })).map(({ id }) => id);
      assert.deepEqual(await listed('writer'), ['key-1']);
      assert.deepEqual(await listed(null), ['key-2']);
      assert.deepEqual(await scene.engine.keys({ org: 'globex', workspace: null }), []);
      scene.advance(5);
      await scene.do({ type: 'revoke_key', id: 'key-1', org: 'acme', workspace: 'writer', actor: 'operator' });
      assert.equal((await scene.engine.keyByHash('h1'))?.revokedAt, scene.now);
    }));

  test('E12: a secret is made once, is the same ever after, and another name has another', () =>
    stage(async (scene) => {
      const made = await scene.engine.secret('attempts');
      assert.ok(made.length >= 32);
      assert.notEqual(await scene.engine.secret('other'), made);
      await scene.reopen();
      assert.equal(await scene.engine.secret('attempts'), made);
    }));
}

async function issue(scene: Scene, key: { id: string; workspace: string | null; hash: string }): Promise<void> {
  const command: Command = {
    type: 'issue_key',
    org: 'acme',
    name: key.id,
    prefix: 'ek',
    expiresAt: null,
    actor: 'operator',
    ...key,
  };
  assert.equal((await scene.do(command)).kind, 'count');
}
