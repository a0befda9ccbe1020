/**
 * What roles allow: denied unless a known role grants it, and restrictions win.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isAllowed, PERMISSIONS, type Permission, type Roles } from '../../../../src/core/workspace/index.ts';

describe('what roles allow', () => {
  const table: [roles: string[], allowed: Permission[]][] = [
    [[], ['delegate', 'approve', 'memory.read', 'memory.write']],
    [['operator'], ['delegate', 'approve', 'memory.read', 'memory.write']],
    [
      ['admin', 'read-only'],
      ['delegate', 'approve', 'memory.read', 'memory.write'],
    ],
    [['read-only'], ['memory.read']],
    [['memory-readonly'], ['memory.read']],
    [['operator', 'read-only'], ['memory.read']],
    [['no-delegation'], ['approve', 'memory.read', 'memory.write']],
    [['no-approval'], ['delegate', 'memory.read', 'memory.write']],
    [
      ['no-delegation', 'no-approval'],
      ['memory.read', 'memory.write'],
    ],
    [['unheard-of'], []],
  ];
  for (const [roles, allowed] of table) {
    test(`${roles.join(' and ') || 'no role'}: ${allowed.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(allowedTo({ roles, allowedActions: null }), allowed);
    });
  }

  test('a role that the configuration defines again is replaced whole', () => {
    assert.deepEqual(allowedTo({ roles: ['admin'], allowedActions: { admin: ['approve'] } }), ['approve']);
    assert.deepEqual(allowedTo({ roles: [], allowedActions: { operator: ['delegate'] } }), ['delegate']);
    assert.deepEqual(allowedTo({ roles: ['operator', 'read-only'], allowedActions: { 'read-only': ['delegate'] } }), [
      ...PERMISSIONS,
    ]);
  });

  test('a role of its own grants what it lists', () => {
    const holder = { roles: ['scribe'], allowedActions: { scribe: ['memory.write', 'nonsense'] } };
    assert.deepEqual(allowedTo(holder), ['memory.write']);
  });

  test('names that every object has are no roles', () => {
    for (const role of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      assert.deepEqual(allowedTo({ roles: [role], allowedActions: null }), []);
      assert.deepEqual(allowedTo({ roles: [role], allowedActions: {} }), []);
    }
  });

  test('a restriction beside other roles never adds anything', () => {
    const known = fc.constantFrom('operator', 'read-only', 'memory-readonly', 'no-delegation', 'no-approval', 'else');
    fc.assert(
      fc.property(fc.array(known, { minLength: 1, maxLength: 4 }), (roles) => {
        const without = allowedTo({ roles, allowedActions: null });
        const more = allowedTo({ roles: [...roles, 'read-only'], allowedActions: null });
        assert.deepEqual(
          more.filter((permission) => !without.includes(permission) && roles.some(isRestriction)),
          [],
        );
        assert.ok(more.every((permission) => permission === 'memory.read'));
      }),
    );
  });
});

function allowedTo(holder: Roles): Permission[] {
  return PERMISSIONS.filter((permission) => isAllowed(holder, permission));
}

function isRestriction(role: string): boolean {
  return role.startsWith('no-') || role.endsWith('only');
}
