/**
 * Gemini's `contents`, in the camel case of its clients or the snake case of its wire.
 *
 * Refused, by the error texts: another role than user and model; a function call that does not come right after a
 * user's content or a function response; a function response that does not come right after its call; another number
 * of responses than of calls; a part with nothing in it, or with an empty text (one that only carries a thought's
 * signature is how the model sent it, and goes back so). Two contents of one role in a row are a matter of the model
 * and the cloud: refusals that ask to "alternate between user and model" are on record into 2026, Google's own toolkit
 * says that the API does not require it any more. A list that alternates is taken by all of them, so another one is a
 * fault here, and a turn after the user's text becomes a part of that content. After function responses it waits until
 * the model has answered them: beside them it counts as legal, but models have been seen to say nothing to it.
 * Responses match by name, and by id where both have one. System instructions are not part of the list.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { copyOf, field, isList, isObject, lengthOf, MESSAGES_MAX, shown } from './read.ts';

const ROLES = { key: 'role', known: ['user', 'model'] };

export const gemini: Judge = {
  judge(messages, ledger) {
    let before: Turn = { role: '', calls: [], index: -1, responds: false };
    for (const [index, message] of messages.entries()) {
      const role = ledger.roleOf(index, message, ROLES);
      const parts = ledger.parts(index, field(message, 'parts')) ?? [];
      if (index === 0 && role === 'model') {
        ledger.blame(index, 'first', 'The first content must be the user’s.');
      }
      if (role !== '' && role === before.role) {
        ledger.blame(index, 'alternate', `Contents ${index - 1} and ${index} are both the ${role}’s.`);
      }
      if (parts.length === 0 || parts.some((part) => isEmptyPart(part))) {
        ledger.empty(index);
      }
      const responses = functions(parts, RESPONSE);
      match(before, { index, responses: role === 'user' ? responses : [] }, ledger);
      const calls = functions(parts, CALL);
      misplaced(index, role === 'user' ? calls : responses, ledger);
      before = { role, calls: role === 'model' ? calls : [], index, responds: responses.length > 0 };
    }
    match(before, { index: messages.length, responses: [] }, ledger);
    if (before.responds) {
      ledger.holds('the list ends with function responses, which the model answers first');
    }
  },

  add(messages, text) {
    const last = messages.at(-1);
    const parts = field(last, 'parts');
    if (field(last, 'role') !== 'user' || !isObject(last) || !isList(parts) || lengthOf(parts) > MESSAGES_MAX) {
      return [...messages, { role: 'user', parts: [{ text }] }];
    }
    return [...messages.slice(0, -1), { ...last, parts: [...copyOf(parts, MESSAGES_MAX), { text }] }];
  },
};

interface Called {
  id: unknown;
  name: unknown;
}

interface Turn {
  role: string;
  calls: readonly Called[];
  index: number;
  responds: boolean;
}

const CALL = ['functionCall', 'function_call'] as const;
const RESPONSE = ['functionResponse', 'function_response'] as const;

function functions(parts: readonly unknown[], [camel, snake]: readonly [string, string]): Called[] {
  return parts
    .map((part) => field(part, camel) ?? field(part, snake))
    .filter((found) => isObject(found))
    .map((found) => ({ id: field(found, 'id'), name: field(found, 'name') }));
}

/** Those with an id first, so that one without takes what is left of its name. */
function match(
  { calls, index: at }: Turn,
  { index, responses }: { index: number; responses: readonly Called[] },
  ledger: Ledger,
): void {
  const open = openCalls(calls);
  const withId = responses.filter(({ id }) => id !== undefined);
  const without = responses.filter(({ id }) => id === undefined);
  const answered = [...withId, ...without].filter((response) => take(open, response)).length;
  if (answered < responses.length) {
    ledger.blame(index, 'unknown-result', `Content ${index} has a response to no call of the content before it.`);
  }
  if (answered < calls.length) {
    const names = [...new Set(calls.map(({ name }) => name))].slice(0, 3).map((name) => said(name));
    const missing = `needs its response in the next content, and ${calls.length - answered} are missing`;
    ledger.blame(at, 'unanswered-call', `Content ${at} calls ${names.join(', ')}: each ${missing}.`);
    ledger.holds(`a function call in content ${at} has no response`);
  }
}

function said(name: unknown): string {
  return typeof name === 'string' ? shown(name) : 'a tool without a name';
}

interface Open {
  /** Name by id, of the calls that have one. */
  named: Map<unknown, unknown>;
  /** How many calls of a name are open, and how many of them have no id. */
  counts: Map<unknown, { all: number; idless: number }>;
}

function openCalls(calls: readonly Called[]): Open {
  const open: Open = { named: new Map(), counts: new Map() };
  for (const { id, name } of calls) {
    const count = open.counts.get(name) ?? { all: 0, idless: 0 };
    count.all += 1;
    if (id === undefined) {
      count.idless += 1;
    } else {
      open.named.set(id, name);
    }
    open.counts.set(name, count);
  }
  return open;
}

function take({ named, counts }: Open, { id, name }: Called): boolean {
  const count = counts.get(name);
  if (count === undefined || count.all === 0) {
    return false;
  }
  if (id !== undefined && named.has(id)) {
    if (named.get(id) !== name) {
      return false;
    }
    named.delete(id);
  } else if (id !== undefined) {
    if (count.idless === 0) {
      return false;
    }
    count.idless -= 1;
  }
  count.all -= 1;
  return true;
}

function misplaced(index: number, found: readonly Called[], ledger: Ledger): void {
  if (found.length > 0) {
    ledger.blame(
      index,
      'order',
      `Content ${index} has a part that the other role says: the model calls, the user responds.`,
    );
  }
}

function isEmptyPart(part: unknown): boolean {
  if (!isObject(part)) {
    return true;
  }
  const text = field(part, 'text');
  const signed = (field(part, 'thoughtSignature') ?? field(part, 'thought_signature')) !== undefined;
  return text === undefined ? keysOf(part) === 0 : !signed && (typeof text !== 'string' || text === '');
}

function keysOf(part: object): number {
  try {
    return Object.keys(part).length;
  } catch {
    // A proxy that does not tell its keys has nothing to send.
    return 0;
  }
}
