/**
 * A short, harmless copy of what a peer said, for an error that a person will read.
 *
 * Cut between code points, never inside one; control and direction characters are shown and not performed.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const EXCERPT_MAX = 500;

export function excerpt(text: string, most: number = EXCERPT_MAX): string {
  // Twice as many code units are enough for every code point, so that a huge body is not taken apart.
  const head = [...text.slice(0, most * 2)];
  const isCut = head.length > most || text.length > most * 2;
  const shown = head.slice(0, most).join('').replaceAll(UNSEEN, escape);
  return isCut ? `${shown}…` : shown;
}

/** A message of an error: lines are fine in it, other controls are not. */
export function cleaned(text: string, most = 2000): string {
  return excerpt(text.trim(), most).replaceAll(String.raw`\u{a}`, '\n');
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
