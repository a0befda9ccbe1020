/**
 * Reading JSON that strangers wrote: own members only, never the prototype, never deeper than we can count.
 *
 * Every reader of this folder goes through these, so that `{"__proto__": …}` or a missing member is just an absent
 * value, and a value nested without end is refused before anything walks it.
 */
export type Json = Record<string, unknown>;

const DEPTH_MAX = 64;
const NAME_MAX = 1024;

export function asRecord(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function member(record: Json, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function recordAt(record: Json, name: string): Json | undefined {
  return asRecord(member(record, name));
}

export function listAt(record: Json, name: string): readonly unknown[] {
  const value = member(record, name);
  return Array.isArray(value) ? value : [];
}

export function textAt(record: Json, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = member(record, name);
    if (typeof value === 'string') {
      return value;
    }
  }
  return undefined;
}

/** An id that may serve as one: a text that is not empty. */
export function idAt(record: Json, ...names: readonly string[]): string | undefined {
  const found = textAt(record, ...names);
  return found === '' ? undefined : found;
}

/** A peer's id that we keep in a row of our own, so it has to be short. */
export function nameAt(record: Json, ...names: readonly string[]): string | undefined {
  const found = idAt(record, ...names);
  return found === undefined || found.length > NAME_MAX ? undefined : found;
}

/** A number that is not negative. */
export function countAt(record: Json, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = member(record, name);
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) {
      return value;
    }
  }
  return undefined;
}

/** Walks with a list of its own instead of the call stack, so that no input can exhaust it. */
export function isWithinDepth(value: unknown, most: number = DEPTH_MAX): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) {
      return false;
    }
    level = childrenOf(level);
  }
  return true;
}

function childrenOf(level: readonly unknown[]): unknown[] {
  const below: unknown[] = [];
  for (const value of level) {
    if (typeof value === 'object' && value !== null) {
      for (const child of Object.values(value)) {
        if (typeof child === 'object' && child !== null) {
          below.push(child);
        }
      }
    }
  }
  return below;
}
