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

/** 32 of them, so that five random bits are one. */
export const ID_LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const PAIRS = Array.from({ length: 1024 }, (_, bits) => ID_LETTERS.charAt(bits >>> 5) + ID_LETTERS.charAt(bits & 31));
const NO_DIGIT = 255;
/** What each character stands for, by its code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = ID_LETTERS.indexOf(String.fromCharCode(code));
  return digit === -1 ? NO_DIGIT : digit;
});
const KEY_LENGTH = 11;
/** Six characters of a key; the five before them are the rest. */
const PER_HIGH = 32 ** 6;
export const RANDOM_LENGTH = 20;

export function formId(kind: IdKind, key: number, random: string): string {
  // Two digits at a time, and no more than that in a piece: ids are made with every delegation.
  const high = Math.floor(key / PER_HIGH);
  const low = key - high * PER_HIGH;
  const digits =
    ID_LETTERS.charAt(high >>> 20) + pair(high >>> 10) + pair(high) + pair(low >>> 20) + pair(low >>> 10) + pair(low);
  return `${kind}_${digits}${random}`;
}

/** Ten bits as two characters. */
function pair(bits: number): string {
  return PAIRS[bits & 1023] ?? '';
}

/** The key inside an id of ours; undefined for an id that was given from outside. */
export function keyOf(kind: IdKind, id: string): number | undefined {
  if (id.length !== kind.length + 1 + KEY_LENGTH + RANDOM_LENGTH || !id.startsWith(`${kind}_`)) {
    return undefined;
  }
  let key = 0;
  for (let place = kind.length + 1; place <= kind.length + KEY_LENGTH; place += 1) {
    const digit = DIGITS[id.charCodeAt(place)];
    if (digit === undefined || digit === NO_DIGIT) {
      return undefined;
    }
    key = key * 32 + digit;
  }
  return Number.isSafeInteger(key) ? key : undefined;
}
