/**
 * Who may talk to whom: siblings, the line up and down, grants; denials first; nothing across organisations.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { mayTalk, type Workspace } from '../../../../src/core/workspace/index.ts';
import { workspaceRow } from '../../../support/rows.ts';

/** root ─ head ─ (left ─ leaf, right), and other at the root. */
const TREE: Record<string, string | null> = {
  root: null,
  other: null,
  head: 'root',
  left: 'head',
  right: 'head',
  leaf: 'left',
};

describe('who may talk to whom', () => {
  const allowed: [string, string][] = [
    ['left', 'right'],
    ['root', 'other'],
    ['head', 'left'],
    ['left', 'head'],
    ['root', 'leaf'],
    ['leaf', 'root'],
  ];
  const forbidden: [string, string][] = [
    ['leaf', 'right'],
    ['other', 'head'],
    ['leaf', 'other'],
  ];
  for (const [from, to] of allowed) {
    test(`${from} may talk to ${to}`, () => assert.equal(talks(from, to), true));
  }
  for (const [from, to] of forbidden) {
    test(`${from} may not talk to ${to}`, () => assert.equal(talks(from, to), false));
  }

  test('a grant opens a way the tree does not have, in its direction only', () => {
    const patch = { leaf: { grants: ['right'] } };
    assert.equal(talks('leaf', 'right', patch), true);
    assert.equal(talks('right', 'leaf', patch), false);
  });

  test('a denial on either side closes any way, a grant included', () => {
    assert.equal(talks('left', 'right', { left: { denials: ['right'], grants: ['right'] } }), false);
    assert.equal(talks('left', 'right', { right: { denials: ['left'] } }), false);
  });

  test('a person may talk to everyone, and everyone to a person', () => {
    assert.equal(talks('leaf', 'right', { leaf: { person: true } }), true);
    assert.equal(talks('leaf', 'right', { right: { person: true } }), true);
  });

  test('D13: nothing opens a way into another organisation', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.constantFrom(...Object.keys(TREE)), (person, granted, to) => {
        const patch = { other: { org: 'globex', person, grants: granted ? Object.keys(TREE) : [], parent: 'root' } };
        assert.equal(talks('other', to, patch), to === 'other');
        assert.equal(talks(to, 'other', patch), to === 'other');
      }),
    );
  });

  test('nobody talks to or from a seat that was removed', () => {
    assert.equal(talks('left', 'right', { right: { state: 'removed' } }), false);
    assert.equal(talks('left', 'right', { left: { state: 'removed' } }), false);
  });

  test('a loop among parents ends, as no', () => {
    const patch = { left: { parent: 'leaf' }, leaf: { parent: 'left' }, right: { parent: 'gone' } };
    assert.equal(talks('right', 'leaf', patch), false);
  });
});

function talks(from: string, to: string, patch: Record<string, Partial<Workspace>> = {}): boolean {
  const seats = new Map(
    Object.entries(TREE).map(([id, parent]) => [id, workspaceRow({ id, parent, ...patch[id] })] as const),
  );
  return mayTalk(seats.get(from)!, seats.get(to)!, (id) => seats.get(id));
}
