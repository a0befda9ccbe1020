/**
 * Claude Code: `claude -p --output-format stream-json --verbose`, or `json` (one result, or with `--verbose` a list of
 * everything). Looked at: what 2.1.330 prints, with a scripted model behind it.
 *
 * Each line has a `type`: `system` (init, api_retry, permission_denied, …), `assistant` and `user` with blocks of a
 * message, and at the end `result`, which says how it went. `is_error` counts, not `subtype`: a model that cannot be
 * reached ends in `"subtype":"success","is_error":true`. What a subagent says has a `parent_tool_use_id`.
 *
 * A cached token is a token that went in: `input_tokens` alone counts only those that were not cached.
 */
import { asRecord, countAt, type Json, listAt, member, nameAt, recordAt, textAt } from '../../../a2a/index.ts';
import type { Dialect, Reader, Said, Told } from './dialect.ts';
import { valueIn } from './line.ts';
import { OpenTools } from './open-tools.ts';
import { said, sumAt, told, toolWords, unfinished, usageOf } from './saying.ts';

export const claude: Dialect = { name: 'claude', open: () => new ClaudeReader() };

class ClaudeReader implements Reader {
  readonly #tools = new OpenTools();
  /** What it said last, in case that no result comes. */
  #text = '';
  #trouble: string | undefined;
  #session: string | undefined;
  #said: Said | undefined;

  hear(line: string): Told | undefined {
    const value = valueIn(line);
    if (Array.isArray(value)) {
      for (const event of value) {
        this.#take(asRecord(event));
      }
      return undefined;
    }
    return this.#take(asRecord(value));
  }

  /** The last word of a kind, and that fits into a line. */
  readonly held = 0;

  end(): Said {
    return this.#said ?? said(this.#text, { error: unfinished('claude', this.#trouble), session: this.#session });
  }

  #take(event: Json | undefined): Told | undefined {
    if (event === undefined) {
      return undefined;
    }
    this.#session = nameAt(event, 'session_id') ?? this.#session;
    switch (member(event, 'type')) {
      case 'system':
        return this.#system(event);
      case 'assistant':
        return this.#assistant(event);
      case 'user':
        return this.#user(event);
      case 'result':
        this.#said = this.#result(event);
        return undefined;
      default:
        return undefined;
    }
  }

  #system(event: Json): Told | undefined {
    switch (member(event, 'subtype')) {
      case 'api_retry':
        this.#trouble = `the model did not answer (${textAt(event, 'error') ?? 'unknown'})`;
        return told(`${this.#trouble}, tries again`, this.#tools.isAny);
      case 'permission_denied':
        return told(`${textAt(event, 'tool_name') ?? 'A tool'} was not permitted`, this.#tools.isAny);
      default:
        return undefined;
    }
  }

  #assistant(event: Json): Told | undefined {
    const blocks = blocksOf(event);
    const words = blocks.flatMap((block) => (typeOf(block) === 'text' ? (textAt(block, 'text') ?? []) : []));
    const text = words.join('\n');
    if (member(event, 'is_api_error_message') === true) {
      this.#trouble = text;
    } else if (text !== '' && textAt(event, 'parent_tool_use_id') === undefined) {
      this.#text = text;
    }
    const calls = blocks.filter((block) => typeOf(block) === 'tool_use');
    for (const call of calls) {
      this.#tools.begin(nameAt(call, 'id'));
      words.push(toolWords(textAt(call, 'name'), textAt(recordAt(call, 'input') ?? {}, 'description')));
    }
    return words.length === 0 ? undefined : told(words.join(' · '), this.#tools.isAny);
  }

  #user(event: Json): Told | undefined {
    const results = blocksOf(event).filter((block) => typeOf(block) === 'tool_result');
    for (const result of results) {
      this.#tools.end(nameAt(result, 'tool_use_id'));
    }
    return results.length === 0 ? undefined : told(undefined, this.#tools.isAny);
  }

  #result(event: Json): Said {
    const session = this.#session;
    const tokens = recordAt(event, 'usage') ?? {};
    const usage = usageOf({
      input: sumAt(tokens, 'input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'),
      output: countAt(tokens, 'output_tokens'),
      cost: countAt(event, 'total_cost_usd'),
    });
    const subtype = textAt(event, 'subtype') ?? 'no subtype';
    const words = textAt(event, 'result');
    if (member(event, 'is_error') !== true && subtype === 'success') {
      return said(words ?? '', { usage, session });
    }
    const errors = listAt(event, 'errors').filter((error) => typeof error === 'string');
    const error = words ?? (errors.length > 0 ? errors.join('; ') : undefined);
    const named = subtype === 'success' ? 'claude' : `claude (${subtype})`;
    return said(this.#text, {
      error: error === undefined ? `${named} failed without saying why` : `${named}: ${error}`,
      retryable: retryableOf(event),
      usage,
      session,
    });
  }
}

/** Known only where the model's own answer was the trouble. */
function retryableOf(event: Json): boolean | undefined {
  const status = countAt(event, 'api_error_status');
  if (status !== undefined) {
    return status === 408 || status === 429 || status >= 500;
  }
  return textAt(event, 'api_error') === 'connection_failed' ? true : undefined;
}

function blocksOf(event: Json): Json[] {
  const blocks = listAt(recordAt(event, 'message') ?? {}, 'content');
  return blocks.map((block) => asRecord(block)).filter((block) => block !== undefined);
}

function typeOf(block: Json): unknown {
  return member(block, 'type');
}
