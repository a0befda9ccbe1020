/**
 * From text to what it is found by, once and here, so that every engine finds the same.
 *
 * Text is normalised (NFKC, lower case) and cut into runs of letters and digits. A run of a script that is written
 * with spaces is a word, and a word that is looked for finds those it begins (deploy, deployment). A run of a script
 * that is written without them (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) is kept as its characters and
 * its pairs of neighbours, so that one character, two or more are found wherever they stand.
 */
import type { Memory, Scope } from './memory.ts';
import type { Sight } from './scope.ts';

/** A word is kept up to here; what is looked for is cut in the same way, and so still begins it. */
const WORD_CHARACTERS_MAX = 64;
/** So much of a question is looked for. */
const SOUGHT_MAX = 64;
const RUN = /[\p{L}\p{N}\p{M}]+/gu;
const SPACELESS = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}`;
const PIECE = new RegExp(`(?<spaceless>[${SPACELESS}]+)|[^${SPACELESS}]+`, 'gu');

export interface Term {
  text: string;
  /** It stands for every word that begins with it. */
  isPrefix: boolean;
}

/** What is looked for: all of it, or some of it and not all. */
export interface Sought {
  terms: readonly Term[];
  has: 'all' | 'some';
}

/** What a text is found by, each once. */
export function termsOf(text: string): string[] {
  const terms = new Set<string>();
  for (const { piece, isSpaceless } of piecesOf(text)) {
    if (isSpaceless) {
      const characters = [...piece];
      for (const [index, character] of characters.entries()) {
        terms.add(character);
        if (index > 0) {
          terms.add(`${characters[index - 1] ?? ''}${character}`);
        }
      }
    } else {
      terms.add(wordOf(piece));
    }
  }
  return [...terms];
}

/** What a question asks for, each once. */
export function soughtIn(question: string): Term[] {
  const terms = new Map<string, Term>();
  for (const { piece, isSpaceless } of piecesOf(question)) {
    const texts = isSpaceless ? pairsOf(piece) : [wordOf(piece)];
    for (const text of texts) {
      terms.set(text, { text, isPrefix: !isSpaceless });
    }
  }
  return [...terms.values()].slice(0, SOUGHT_MAX);
}

/** The rule that the indexes of the engines stand for. */
export function isFoundBy(terms: ReadonlySet<string>, { terms: sought, has }: Sought): boolean {
  const isThere = ({ text, isPrefix }: Term) =>
    terms.has(text) || (isPrefix && [...terms].some((term) => term.startsWith(text)));
  const count = sought.filter(isThere).length;
  return has === 'all' ? count > 0 && count === sought.length : count > 0 && count < sought.length;
}

/**
 * What a memory is filed under: its terms, each behind a mark of the shelf it lies on. So a search meets only what its
 * reader may see the shelf of, however much there is on others. The mark is coarse (two shelves may have the same);
 * who may read what is decided by the row.
 */
export function filedUnder({ scope, org, workspace, content }: Memory): string[] {
  const mark = markOf(scope, scope === 'LOCAL' ? workspace : org);
  return termsOf(content).map((term) => mark + term);
}

/** The same terms on each shelf in sight: what is sought has to be on one of them. */
export function shelvesSought(org: string, { local, team, global }: Sight, terms: readonly Term[]): Term[][] {
  const marks = [
    ...(local === null ? [] : [markOf('LOCAL', local)]),
    ...(team.length === 0 ? [] : [markOf('TEAM', org)]),
    ...(global ? [markOf('GLOBAL', org)] : []),
  ];
  return terms.length === 0
    ? []
    : marks.map((mark) => terms.map(({ text, isPrefix }) => ({ text: mark + text, isPrefix })));
}

const OFFSET = 0x81_1c_9d_c5;
const PRIME = 0x01_00_01_93;
const MARK_CHARACTERS = 7;

/** FNV-1a: of one length, in letters and digits only, and the same wherever it is made. */
function markOf(scope: Scope, name: string): string {
  let sum = OFFSET;
  for (const character of `${scope} ${name}`) {
    sum = Math.imul(sum ^ (character.codePointAt(0) ?? 0), PRIME) >>> 0;
  }
  return sum.toString(36).padStart(MARK_CHARACTERS, '0');
}

function* piecesOf(text: string): IterableIterator<{ piece: string; isSpaceless: boolean }> {
  // Twice, because what was made small may be written in another way again; a final sigma is a sigma.
  const plain = text.normalize('NFKC').toLowerCase().normalize('NFKC').replaceAll('ς', 'σ');
  for (const [run] of plain.matchAll(RUN)) {
    for (const { 0: piece, groups } of run.matchAll(PIECE)) {
      yield { piece, isSpaceless: groups?.['spaceless'] !== undefined };
    }
  }
}

function wordOf(piece: string): string {
  return piece.length <= WORD_CHARACTERS_MAX ? piece : [...piece].slice(0, WORD_CHARACTERS_MAX).join('');
}

/** A single character is looked for as itself; of more, their pairs say more than each. */
function pairsOf(piece: string): string[] {
  const characters = [...piece];
  return characters.length === 1
    ? characters
    : characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}
