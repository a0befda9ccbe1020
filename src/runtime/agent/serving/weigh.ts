/**
 * A handler's result, weighed before it is kept: handlers are code of others, and what they return need not be JSON.
 *
 * It is measured as it goes over the wire, quotes and escapes included. Parts are the whole of a result where there
 * are some, so a text beside them becomes the first of them.
 */
import { textOf } from '../../../a2a/index.ts';
import type { Part } from '../../../core/delegation/index.ts';
import type { Output } from '../../../core/ports/index.ts';
import type { Outcome } from '../work.ts';

export type Weighed = { output: Output; bytes: number } | { error: string };

export function weigh({ text, parts = [] }: Extract<Outcome, { kind: 'completed' }>, bytesMax: number): Weighed {
  const wrong = parts.findIndex((part) => !isPart(part));
  if (wrong !== -1) {
    return { error: `the agent answered with a part (${wrong}) that is neither text nor data nor a file` };
  }
  try {
    const json = JSON.stringify(parts.length === 0 ? { text } : { text, parts: whole(text, parts) });
    const bytes = Buffer.byteLength(json);
    return bytes > bytesMax
      ? { error: `the result has ${bytes} bytes, more than the ${bytesMax} that a result may have` }
      : { output: JSON.parse(json) as Output, bytes };
  } catch (cause) {
    return { error: `the result is not JSON (${cause instanceof Error ? cause.message : String(cause)})` };
  }
}

function whole(text: string, parts: readonly Part[]): readonly Part[] {
  return text === '' || text === textOf(parts) ? parts : [{ kind: 'text', text }, ...parts];
}

function isPart(part: unknown): boolean {
  if (typeof part !== 'object' || part === null || !('kind' in part)) {
    return false;
  }
  switch (part.kind) {
    case 'text':
      return 'text' in part && typeof part.text === 'string';
    case 'data':
    case 'file':
      return true;
    default:
      return false;
  }
}
