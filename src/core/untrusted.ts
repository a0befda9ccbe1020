/**
 * Words of a peer, as a model may be shown them: fenced as data between marks that their author could not guess, with
 * control, direction and tag characters made visible, and shortened to its head and its tail where it is long.
 *
 * A mark is chance, or the hash of the very text it stands around: nobody writes a text that holds its own hash.
 */
import { cut } from './text.ts';

/** Of a long text, this share of what is shown is its head; the rest is its tail. */
const HEAD_SHARE = 0.75;

export function fence(what: string, text: string, mark: string): string {
  return `<untrusted-${what} ${mark}>\n${text}\n</untrusted-${what} ${mark}>`;
}

/** Control, direction and tag characters do their harm by not being seen. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

export function headAndTail(text: string, most: number): string {
  if (text.length <= most) {
    return text;
  }
  const head = cut(text, Math.floor(most * HEAD_SHARE)).text;
  const rest = text.length - Math.floor(most * (1 - HEAD_SHARE));
  const tail = text.slice(cut(text, rest).text.length);
  return `${head}\n… ${text.length - head.length - tail.length} characters left out …\n${tail}`;
}
