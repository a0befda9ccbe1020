/**
 * A slip in the definition of an agent is told where it was made, and not when the first task comes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agent, isAgent, type Definition } from '../../../src/runtime/agent/index.ts';
import { Faults } from '../../../src/runtime/agent/faults.ts';

const handle = (): string => 'x';

describe('the definition of an agent', () => {
  const wrong: [what: string, definition: unknown, words: RegExp][] = [
    ['nothing', undefined, /takes one object/u],
    ['no name', { handle }, /name takes a text/u],
    ['a name that is half a character', { name: '\uD800', handle }, /name takes a text/u],
    ['a name that is no id, without one', { name: 'Der Schreiber', handle }, /id: 'writer'/u],
    ['an id that is none', { name: 'a', id: '..', handle }, /id takes/u],
    ['no handler', { name: 'a' }, /handle takes a function/u],
    ['a slip of the pen', { name: 'a', handler: handle }, /there is no field handler/u],
    ['half a slot', { name: 'a', handle, capacity: 0.5 }, /capacity takes a whole number/u],
    ['no slots', { name: 'a', handle, capacity: 0 }, /capacity takes a whole number/u],
    ['skills that are no list', { name: 'a', handle, skills: 'prose' }, /skills takes a list/u],
    ['a skill without a name', { name: 'a', handle, skills: [{ description: 'x' }] }, /name of a skill/u],
    ['a role that is no text', { name: 'a', handle, role: 7 }, /role takes a text/u],
  ];
  for (const [what, definition, words] of wrong) {
    test(`is refused in words: ${what}`, () => {
      assert.throws(() => agent(definition as Definition), { name: 'TypeError', message: words });
    });
  }

  test('is taken as it stands, does nothing by itself, and can be told apart from what looks like it', () => {
    const made = agent({ name: 'Der Schreiber', id: 'writer', handle, capacity: 3 });
    assert.deepEqual(
      [made.name, made.id, made.capacity, made.with({ capacity: 5 }).capacity],
      ['Der Schreiber', 'writer', 3, 5],
    );
    assert.deepEqual([isAgent(made), isAgent({ ...made }), isAgent(null)], [true, false, false]);
  });
});

test('what is wrong is said once, again when it is another thing, and again when it had been well', () => {
  const said: string[] = [];
  const faults = new Faults((fault) => said.push(fault.message));
  for (const words of ['away', 'away', 'refused', 'refused']) {
    faults.say('fetch', new Error(words));
  }
  faults.say('renew', 'away');
  assert.deepEqual([faults.over('fetch'), faults.over('fetch')], [true, false]);
  faults.say('fetch', new Error('refused'));
  assert.deepEqual(said, ['away', 'refused', 'away', 'refused']);
});
