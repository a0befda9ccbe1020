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
