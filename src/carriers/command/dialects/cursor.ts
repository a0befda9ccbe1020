/**
 * Cursor: `cursor-agent -p --output-format stream-json`, or `json` (the result alone). Gone by: its documentation of
 * the output format as of June 2026, and descriptions of what 2026.01.28 printed; there is no package to look at.
 *
 * Like the stream of Claude Code, but that a tool is an event of its own: `tool_call`, `started` and `completed`, with
 * one member that is named after the tool (`readToolCall`, `shellToolCall`, or `function`). `result` comes on success
 * only: a failure is an exit code, words on stderr, and a stream that just ends.
 */
import { asRecord, type Json, listAt, member, nameAt, recordAt, textAt } from '../../../a2a/index.ts';
import type { Dialect, Reader, Said, Told } from './dialect.ts';
import { recordIn } from './line.ts';
import { OpenTools } from './open-tools.ts';
import { said, told, toolWords, unfinished } from './saying.ts';

export const cursor: Dialect = { name: 'cursor', open: () => new CursorReader() };

const TOOL_ENDING = 'ToolCall';

class CursorReader implements Reader {
  readonly #tools = new OpenTools();
  /** What it said last, in case that no result comes. */
  #text = '';
  #session: string | undefined;
  #said: Said | undefined;

  hear(line: string): Told | undefined {
    const event = recordIn(line);
    if (event === undefined) {
      return undefined;
    }
    this.#session = nameAt(event, 'session_id') ?? this.#session;
    switch (member(event, 'type')) {
      case 'assistant':
        return this.#assistant(event);
      case 'tool_call':
        return this.#tool(event);
      case 'result':
        this.#said = this.#result(event);
        return undefined;
      default:
        return undefined;
    }
  }

  /** The last word of a kind, and that fits into a line. */
  readonly held = 0;

  end(): Said {
    return this.#said ?? said(this.#text, { error: unfinished('cursor-agent', undefined), session: this.#session });
  }

  #assistant(event: Json): Told | undefined {
    const blocks = listAt(recordAt(event, 'message') ?? {}, 'content');
    const text = blocks.map((block) => textAt(asRecord(block) ?? {}, 'text') ?? '').join('');
    if (text === '') {
      return undefined;
    }
    this.#text = text;
    return told(text, this.#tools.isAny);
  }

  #tool(event: Json): Told | undefined {
    const id = nameAt(event, 'call_id');
    switch (member(event, 'subtype')) {
      case 'started':
        this.#tools.begin(id);
        return told(wordsOf(recordAt(event, 'tool_call') ?? {}), this.#tools.isAny);
      case 'completed':
        this.#tools.end(id);
        return told(undefined, this.#tools.isAny);
      default:
        return undefined;
    }
  }

  #result(event: Json): Said {
    const session = this.#session;
    const words = textAt(event, 'result');
    const subtype = textAt(event, 'subtype') ?? 'no subtype';
    if (member(event, 'is_error') !== true && subtype === 'success') {
      return said(words ?? '', { session });
    }
    const error = `cursor-agent (${subtype}): ${words ?? 'it failed without saying why'}`;
    return said(this.#text, { error, session });
  }
}

function wordsOf(call: Json): string {
  const named = Object.keys(call).find((name) => name.endsWith(TOOL_ENDING));
  if (named === undefined) {
    return toolWords(textAt(recordAt(call, 'function') ?? {}, 'name'), undefined);
  }
  const args = recordAt(recordAt(call, named) ?? {}, 'args') ?? {};
  return toolWords(named.slice(0, -TOOL_ENDING.length), textAt(args, 'description'));
}
