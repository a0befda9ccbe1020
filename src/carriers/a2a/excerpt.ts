/**
 * What a peer said, cut to what we keep of it: an excerpt for an error, a cleaned message, a bounded question.
 *
 * Cut between code points, never inside one, and a cut text says so. In errors control and direction characters are
 * shown and not performed; a question is kept as it came, and whoever shows it makes it harmless.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const EXCERPT_MAX = 500;
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Graphemes are looked for this far around a cut; what is longer means nothing. */
const AROUND = 256;

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

/** The whole, or its beginning and how much there was; for what goes into a row that is read often. */
export function bounded(text: string, most: number): string {
  if (text.length <= most) {
    return text;
  }
  const from = Math.max(0, most - AROUND);
  const at = GRAPHEMES.segment(text.slice(from, most + AROUND)).containing(most - from)?.index ?? 0;
  const end = at === 0 ? most : from + at;
  return `${text.slice(0, isLowHalf(text, end) ? end - 1 : end)}… (cut, ${text.length} characters in all)`;
}

function isLowHalf(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc_00 && unit <= 0xdf_ff;
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
