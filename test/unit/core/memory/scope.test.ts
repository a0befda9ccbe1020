import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isInSight,
  refuseReading,
  refuseWriting,
  sightOf,
  type MemoryHead,
} from '../../../../src/core/memory/index.ts';
import { mayTalk, type Workspace } from '../../../../src/core/workspace/index.ts';
import { workspaceRow } from '../../../support/rows.ts';

const seat = (id: string, patch: Partial<Workspace> = {}) => workspaceRow({ id, ...patch });

const SEATS = [
  seat('root'),
  seat('left', { parent: 'root' }),
  seat('right', { parent: 'root' }),
  seat('leaf', { parent: 'left' }),
  seat('far', { parent: 'right' }),
  seat('shut', { parent: 'root', denials: ['left'] }),
  seat('person', { person: true }),
  seat('stranger', { org: 'globex' }),
];

const find = (id: string) => SEATS.find((one) => one.id === id);
const named = (id: string) => find(id) ?? assert.fail(id);

function memory(workspace: string, scope: MemoryHead['scope']): MemoryHead {
  const about = { key: 1, id: 'mem_1', org: 'acme', namespace: 'general', length: 1, sha256: 'hash', createdAt: 0 };
  return { ...about, workspace, scope };
}

describe('a memory is written', () => {
  test('for itself and for its team by whoever has memory.write, and by nobody else', () => {
    for (const scope of ['LOCAL', 'TEAM']) {
      assert.equal(refuseWriting(named('leaf'), scope), undefined);
      const refused = refuseWriting(seat('reader', { roles: ['read-only'] }), scope);
      assert.equal(refused?.code, 'role_forbids');
    }
  });

  test('for the organisation from its top or by a person, and the refusal says what to do', () => {
    assert.equal(refuseWriting(named('root'), 'GLOBAL'), undefined);
    assert.equal(refuseWriting(seat('seated', { parent: 'root', person: true }), 'GLOBAL'), undefined);
    const refused = refuseWriting(named('leaf'), 'GLOBAL');
    assert.equal(refused?.code, 'scope_forbids');
    assert.match(refused?.message ?? '', /as TEAM, or ask the workspace at your root/u);
    assert.equal(refuseWriting(seat('top', { roles: ['read-only'] }), 'GLOBAL')?.code, 'role_forbids');
  });

  test('in no scope but the three: a name that is none is an error and never LOCAL', () => {
    for (const scope of ['', 'local', 'Global', 'EVERYBODY', 'toString', '__proto__']) {
      assert.equal(refuseWriting(named('root'), scope)?.code, 'invalid_request', scope);
    }
  });
});

describe('a memory is read', () => {
  test('by whoever has memory.read, and by nobody else', () => {
    assert.equal(refuseReading(seat('reader', { roles: ['memory-readonly'] })), undefined);
    const custom = { roles: ['mute'], allowedActions: { mute: ['delegate'] } };
    assert.equal(refuseReading(seat('mute', custom))?.code, 'role_forbids');
  });

  test('by exactly those who may talk to its author, if it is for the team', () => {
    for (const reader of SEATS) {
      const sight = sightOf(reader, SEATS, { find });
      for (const author of SEATS) {
        assert.equal(
          isInSight(memory(author.id, 'TEAM'), sight),
          mayTalk(reader, author, find),
          `${reader.id} reads ${author.id}`,
        );
        assert.equal(isInSight(memory(author.id, 'LOCAL'), sight), reader.id === author.id);
        assert.ok(isInSight(memory(author.id, 'GLOBAL'), sight));
      }
    }
    assert.deepEqual(sightOf(named('left'), SEATS, { find }).team, ['root', 'left', 'right', 'leaf', 'person']);
  });

  test('after its author was removed, by those who might have talked to it', () => {
    const gone = { ...named('right'), state: 'removed' as const };
    assert.deepEqual(sightOf(named('left'), [gone], { find }).team, ['right']);
    assert.deepEqual(sightOf(named('leaf'), [gone], { find }).team, []);
  });

  test('in one scope only, where one is asked for', () => {
    const of = (scope: 'LOCAL' | 'TEAM' | 'GLOBAL') => sightOf(named('left'), [named('leaf')], { find, scope });
    assert.deepEqual(of('LOCAL'), { local: 'left', team: [], global: false });
    assert.deepEqual(of('TEAM'), { local: null, team: ['leaf'], global: false });
    assert.deepEqual(of('GLOBAL'), { local: null, team: [], global: true });
  });
});
