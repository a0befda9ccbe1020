/**
 * A command line as a list of words: quotes and backslashes mean what they mean in a shell, and nothing else means
 * anything, so that no text can become a second command.
 */
import { usage } from '../failure.ts';

/** A word is made of pieces: 'as it stands', "with \" and \\ in it", or bare with any character after a backslash. */
const PIECE =
  /'(?<plain>[^']*)'|"(?<quoted>(?:[^"\\]|\\[\s\S])*)"|\\(?<escaped>[\s\S])|(?<bare>[^\s'"\\]+)|(?<gap>\s+)/uy;

export function splitCommand(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < line.length) {
    const at = PIECE.lastIndex;
    const piece = PIECE.exec(line)?.groups;
    if (piece === undefined) {
      throw usage(`the command has a quote or a backslash without its end: ${line.slice(at, at + 40)}`);
    }
    if (piece['gap'] === undefined) {
      word = (word ?? '') + textOf(piece);
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

function textOf({ plain, quoted, escaped, bare }: Record<string, string | undefined>): string {
  return plain ?? quoted?.replaceAll(/\\(["\\$`])/gu, '$1') ?? escaped ?? bare ?? '';
}
