/**
 * A line of words as a person types it, split without a shell: at spaces, with quotes and backslashes as they know them.
 *
 * Nothing is expanded: no variable, no pattern, no pipe. Whoever wants those asks for a shell.
 */
const SPACE = /\s/u;

/** Undefined where a quote is left open. */
export function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? '';
    if (quote !== undefined && sign === quote) {
      quote = undefined;
    } else if (sign === '\\' && quote !== "'" && at + 1 < line.length) {
      at += 1;
      word = (word ?? '') + escaped(line[at] ?? '', quote);
    } else if (quote === undefined && (sign === '"' || sign === "'")) {
      quote = sign;
      word ??= '';
    } else if (quote === undefined && SPACE.test(sign)) {
      words.push(...(word === undefined ? [] : [word]));
      word = undefined;
    } else {
      word = (word ?? '') + sign;
    }
  }
  return quote === undefined ? [...words, ...(word === undefined ? [] : [word])] : undefined;
}

/** Within double quotes a backslash stands for itself, unless what follows has a meaning there. */
function escaped(sign: string, quote: string | undefined): string {
  return quote === '"' && sign !== '"' && sign !== '\\' ? `\\${sign}` : sign;
}
