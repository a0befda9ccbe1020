/**
 * Reads messages that may be anything: objects of a framework, data from a file, a trap.
 *
 * A property is read once and never descended into further than a rule needs, so cycles cost nothing. A getter or a
 * proxy that throws has not said anything: what it hides is missing, and the rules find it missing.
 */

/** As long as the longest list a provider documents (Anthropic, 100,000 messages in a request). */
export const MESSAGES_MAX = 100_000;

/** Parts of all messages together: lists may share parts, and a few objects can pretend to be any number. */
export const PARTS_MAX = 1_000_000;

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function field(value: unknown, name: string | number): unknown {
  if (!isObject(value)) {
    return undefined;
  }
  try {
    return Reflect.get(value, name);
  } catch {
    // Whoever throws when read is a message without this field: a fault for the rules, not for the caller.
    return undefined;
  }
}

export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    // A revoked proxy.
    return false;
  }
}

export function lengthOf(list: readonly unknown[]): number {
  const length = field(list, 'length');
  return typeof length === 'number' && length >= 0 ? length : 0;
}

/** The first `max` of a list, as a list of our own: an array may have its own ways of being walked. */
export function copyOf(list: readonly unknown[], max: number): unknown[] {
  return Array.from({ length: Math.min(lengthOf(list), max) }, (_, index) => field(list, index));
}

export function isBlank(text: string): boolean {
  return !/\S/u.test(text);
}

/** How an id is shown in a message: they are another's, and may be of any length. */
export function shown(id: string): string {
  return JSON.stringify(id.length > 80 ? `${id.slice(0, 79)}…` : id);
}
