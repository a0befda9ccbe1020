/**
 * Chance and identity as arguments, and the form of our ids.
 *
 * An id is its kind, a key that grows with time (11 characters) and 96 random bits (20 characters), all in lower-case
 * base 32. The key inside is the row's integer key, so an id finds its row without a second index, and indexes append.
 * Knowing a key is worth nothing: the whole id must match.
 */
export interface Ids {
  /** A key greater than every one before it. */
  key(): number;
  /** From here on only greater ones than this; an engine says so when it opens. */
  above(key: number): void;
  /** 20 characters, 100 bits. */
  random(): string;
  /** 0 ≤ chance < 1 */
  chance(): number;
}

export type IdKind = 'dlg' | 'bat' | 'evt' | 'ntc' | 'wks' | 'key' | 'mem' | 'msg' | 'fil';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const KEY_LENGTH = 11;
const RANDOM_LENGTH = 20;

export function formId(kind: IdKind, key: number, random: string): string {
  let rest = key;
  let digits = '';
  for (let place = 0; place < KEY_LENGTH; place += 1) {
    digits = ALPHABET.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return `${kind}_${digits}${random}`;
}

/** The key inside an id of ours; undefined for an id that was given from outside. */
export function keyOf(kind: IdKind, id: string): number | undefined {
  if (id.length !== kind.length + 1 + KEY_LENGTH + RANDOM_LENGTH || !id.startsWith(`${kind}_`)) {
    return undefined;
  }
  let key = 0;
  for (let place = kind.length + 1; place <= kind.length + KEY_LENGTH; place += 1) {
    const digit = ALPHABET.indexOf(id.charAt(place));
    if (digit === -1) {
      return undefined;
    }
    key = key * 32 + digit;
  }
  return Number.isSafeInteger(key) ? key : undefined;
}

/** 32 symbols, so that five random bits are one character. */
export function randomFrom(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < RANDOM_LENGTH; index += 1) {
    text += ALPHABET.charAt((bytes[index] ?? 0) & 31);
  }
  return text;
}
