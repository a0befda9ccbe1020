/**
 * A line of stdout as JSON, where it is JSON; programs print banners and warnings between the lines that count.
 *
 * Parsing eight megabytes of nothing but brackets takes a second; counting them first takes a hundredth of that, so a
 * line that is nested deeper than any dialect is none.
 */
import { asRecord, type Json } from '../../../a2a/index.ts';

/** An object or a list; anything else is of no dialect. */
export function valueIn(line: string): unknown {
  const text = line.trim();
  if ((!text.startsWith('{') && !text.startsWith('[')) || isDeep(text)) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    // A banner that begins with a bracket.
    return undefined;
  }
}

const DEPTH_MAX = 1000;
const [QUOTE, BACKSLASH] = [34, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN_RECORD, CLOSE_RECORD] = [91, 93, 123, 125];

function isDeep(text: string): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length && depth <= DEPTH_MAX; at += 1) {
    const sign = text.charCodeAt(at);
    if (isQuoted) {
      at += sign === BACKSLASH ? 1 : 0;
      isQuoted = sign !== QUOTE;
    } else if (sign === QUOTE) {
      isQuoted = true;
    } else if (sign === OPEN_LIST || sign === OPEN_RECORD) {
      depth += 1;
    } else if (sign === CLOSE_LIST || sign === CLOSE_RECORD) {
      depth -= 1;
    }
  }
  return depth > DEPTH_MAX;
}

export function recordIn(line: string): Json | undefined {
  return asRecord(valueIn(line));
}
