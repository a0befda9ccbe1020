/**
 * From text to what it is found by, once and here, so that every engine finds the same.
 *
 * Text is normalised (NFKC, lower case) and cut into runs of letters and digits. A run of a script that is written
 * with spaces is a word, and a word that is looked for finds those it begins (deploy, deployment). A run of a script
 * that is written without them (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) is kept as its characters and
 * its pairs of neighbours, so that one character, two or more are found wherever they stand.
 */
import type { MemoryHead } from './memory.ts';
import type { Sight } from './scope.ts';

/** A word is kept up to here; what is looked for is cut in the same way, and so still begins it. */
const WORD_CHARACTERS_MAX = 64;
/** So much of a question is looked for. */
const SOUGHT_MAX = 64;
const RUN = /[\p{L}\p{N}\p{M}]+/gu;
const SPACELESS = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}`;
const PIECE = new RegExp(`(?<spaceless>[${SPACELESS}]+)|[^${SPACELESS}]+`, 'gu');
/** Stands in no word, and is kept by every tokeniser as a letter is. */
const SHELF_MARK = '‡';

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
 * One more term, of where it lies: a search then meets only what its reader's organisation has, however much there
 * is of others. It is coarse (two names may become one); who may read what is decided by the row.
 */
export function shelfOf({ scope, org, workspace }: Pick<MemoryHead, 'scope' | 'org' | 'workspace'>): string {
  return shelf(scope, scope === 'LOCAL' ? workspace : org);
}

export function shelvesIn(org: string, { local, team, global }: Sight): string[] {
  return [
    ...(local === null ? [] : [shelf('LOCAL', local)]),
    ...(team.length === 0 ? [] : [shelf('TEAM', org)]),
    ...(global ? [shelf('GLOBAL', org)] : []),
  ];
}

function shelf(scope: string, name: string): string {
  return `${SHELF_MARK}${`${scope}${name}`
    .toLowerCase()
    .replaceAll(/[^a-z\d]/gu, SHELF_MARK)
    .slice(0, 200)}`;
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
