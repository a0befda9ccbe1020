/**
 * A line of stdout as JSON, where it is JSON; programs print banners and warnings between the lines that count.
 *
 * The parser of the engine does not recurse, so a line may be nested as deep as it likes; whoever goes down into what
 * it holds asks first how deep that is.
 */
import { asRecord, type Json } from '../../../a2a/index.ts';

/** An object or a list; anything else is of no dialect. */
export function valueIn(line: string): unknown {
  const text = line.trim();
  if (!text.startsWith('{') && !text.startsWith('[')) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    // A banner that begins with a bracket.
    return undefined;
  }
}

export function recordIn(line: string): Json | undefined {
  return asRecord(valueIn(line));
}
