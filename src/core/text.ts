/**
 * Cuts text for people and models: never inside a code point or a grapheme, and a cut text says so.
 */
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** No grapheme that means anything is longer; what is, is cut between code points. */
const GRAPHEME_MAX = 256;

export interface Cut {
  text: string;
  truncated: boolean;
}

/** At most so many UTF-16 units from the start. */
export function cut(text: string, most: number): Cut {
  if (text.length <= most) {
    return { text, truncated: false };
  }
  return { text: text.slice(0, boundary(text, most)), truncated: true };
}

export interface Span {
  /** In code points, as `length`. */
  offset: number;
  /** To the end, if it is left out. */
  limit?: number | undefined;
}

/** A part of it, which begins and ends with a code point, and how many there are in all; nothing is taken apart. */
export function part(text: string, { offset, limit = Infinity }: Span): { text: string; characters: number } {
  let characters = 0;
  let [start, end] = [text.length, text.length];
  for (let at = 0; at < text.length; at += isPair(text, at) ? 2 : 1) {
    if (characters === offset) {
      start = at;
    }
    if (characters === offset + limit) {
      end = at;
    }
    characters += 1;
  }
  return { text: text.slice(start, end), characters };
}

function isPair(text: string, at: number): boolean {
  return isWithin(text.charCodeAt(at), 0xd8_00) && isWithin(text.charCodeAt(at + 1), 0xdc_00);
}

/** Half of the surrogates. */
function isWithin(unit: number, from: number): boolean {
  return unit >= from && unit < from + 0x4_00;
}

/** The last place at or before `at` where a grapheme begins. */
function boundary(text: string, at: number): number {
  const from = codePointStart(text, Math.max(0, at - GRAPHEME_MAX));
  const segment = graphemes.segment(text.slice(from, at + GRAPHEME_MAX)).containing(at - from);
  const start = segment === undefined ? at : from + segment.index;
  return start <= from ? codePointStart(text, at) : start;
}

function codePointStart(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc_00 && unit <= 0xdf_ff ? at - 1 : at;
}
