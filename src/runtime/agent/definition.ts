/**
 * What an agent is before it serves anybody: its name, what it is good for, how much it takes on, and its handler.
 *
 * It is checked when it is said, so that a slip is told where it stands and not when the first task comes; it does
 * nothing until it serves.
 */
import type { Skill } from './serving/card.ts';
import type { Handler } from './work.ts';

export interface SkillSaid {
  id?: string;
  name: string;
  description?: string;
  tags?: readonly string[];
}

export interface Definition {
  /** As its peers read it. */
  name: string;
  /** Of its seat; its name, where that can be one. */
  id?: string;
  /** What it is good for, in a sentence. */
  role?: string;
  skills?: readonly (string | SkillSaid)[];
  /** How many tasks it takes on at a time; one, if it does not say. */
  capacity?: number;
  handle: Handler;
}

/** The same with nothing left open. */
export interface Defined {
  name: string;
  id: string;
  capacity: number;
  handle: Handler;
  role: string;
  skills: readonly Skill[];
  card: Record<string, unknown>;
}

const FIELDS: ReadonlySet<string> = new Set(['name', 'id', 'role', 'skills', 'capacity', 'handle']);
const ID = /^(?!\.+$)[\w.:@-]{1,200}$/u;
const CAPACITY_MAX = 10_000;
const SKILLS_MAX = 100;
const NAME_CHARACTERS = 200;
const WORDS_CHARACTERS = 2000;

export function define(said: Definition): Defined {
  if (typeof said !== 'object' || said === null) {
    throw wrong('takes one object: { name, handle, … }');
  }
  const unknown = Object.keys(said).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) {
    throw wrong(`there is no field ${unknown}; it takes ${[...FIELDS].join(', ')}`);
  }
  const { name, role, capacity = 1, handle, skills = [] } = said;
  requireText('name', name, NAME_CHARACTERS);
  if (role !== undefined) {
    requireText('role', role, WORDS_CHARACTERS);
  }
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX) {
    throw wrong(`capacity takes a whole number from 1 to ${CAPACITY_MAX}`);
  }
  if (typeof handle !== 'function') {
    throw wrong('handle takes a function: async (task, context) => text');
  }
  const known = skillsOf(skills);
  const card = { name, ...(role === undefined ? {} : { description: role }), skills: known };
  return { name, id: idOf(said), role: role ?? '', skills: known, capacity, handle, card };
}

function idOf({ id, name }: Definition): string {
  if (id === undefined && !ID.test(name)) {
    throw wrong(`the name ${JSON.stringify(name)} cannot be the id of a seat as well; say one, as in id: 'writer'`);
  }
  if (id !== undefined && (typeof id !== 'string' || !ID.test(id))) {
    throw wrong('id takes up to 200 letters, digits and . : @ _ -');
  }
  return id ?? name;
}

function skillsOf(skills: unknown): Skill[] {
  if (!Array.isArray(skills) || skills.length > SKILLS_MAX) {
    throw wrong(`skills takes a list of up to ${SKILLS_MAX}: words, or { name, description? }`);
  }
  return skills.map((skill: unknown) => {
    const { id, name, description, tags } = (typeof skill === 'string' ? { name: skill } : (skill ?? {})) as SkillSaid;
    requireText('the name of a skill', name, NAME_CHARACTERS);
    if (description !== undefined) {
      requireText('the description of a skill', description, WORDS_CHARACTERS);
    }
    return {
      id: id ?? name,
      name,
      ...(description === undefined ? {} : { description }),
      tags: (tags ?? []).map(String),
    };
  });
}

function requireText(what: string, given: unknown, most: number): void {
  if (typeof given !== 'string' || given === '' || given.length > most || !given.isWellFormed()) {
    throw wrong(`${what} takes a text of 1 to ${most} characters`);
  }
}

function wrong(words: string): TypeError {
  return new TypeError(`agent: ${words}.`);
}
