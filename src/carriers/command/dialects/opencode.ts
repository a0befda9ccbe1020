/**
 * OpenCode: `opencode run --format json`. Looked at: what 1.18.33 prints, with a scripted model behind it.
 *
 * Work comes in steps: `step_start`, then `text`, `reasoning` and `tool_use`, each told when it is over, then
 * `step_finish` with the reason why the model stopped. There is no last line: it is over when a step finishes for
 * another reason than `tool-calls`. It ends on `tool-calls`, with exit code 0, when a tool was not permitted; that is
 * no success. An `error` stands alone.
 *
 * Since nothing is told of a tool before it is over, it may be in one whenever it is silent, and is told to be.
 */
import { countAt, type Json, member, nameAt, recordAt, textAt } from '../../../a2a/index.ts';
import type { Dialect, Reader, Said, Told } from './dialect.ts';
import { recordIn } from './line.ts';
import { said, sum, sumAt, told, toolWords, unfinished, usageOf } from './saying.ts';

export const opencode: Dialect = { name: 'opencode', open: () => new OpencodeReader() };

/** The model stopped, but not because it had said everything. */
const CUT_SHORT: ReadonlySet<string> = new Set(['length', 'content-filter', 'error']);

class OpencodeReader implements Reader {
  #text = '';
  /** What is said next begins a new text. */
  #isOver = false;
  /** Why the last step finished; undefined within a step. */
  #reason: string | undefined;
  #error: string | undefined;
  #retryable: boolean | undefined;
  #trouble: string | undefined;
  #session: string | undefined;
  #input: number | undefined;
  #output: number | undefined;
  #cost: number | undefined;

  hear(line: string): Told | undefined {
    const event = recordIn(line);
    if (event === undefined) {
      return undefined;
    }
    this.#session = nameAt(event, 'sessionID') ?? this.#session;
    const part = recordAt(event, 'part') ?? {};
    switch (member(event, 'type')) {
      case 'step_start':
        this.#isOver = true;
        this.#reason = undefined;
        return undefined;
      case 'text':
        return this.#say(textAt(part, 'text') ?? '');
      case 'reasoning':
        return told(textAt(part, 'text'), true);
      case 'tool_use':
        return this.#tool(part);
      case 'step_finish':
        this.#finish(part);
        return undefined;
      case 'error':
        return this.#fail(recordAt(event, 'error') ?? {});
      default:
        return undefined;
    }
  }

  /** The last word of a kind, and that fits into a line. */
  readonly held = 0;

  end(): Said {
    const usage = usageOf({ input: this.#input, output: this.#output, cost: this.#cost });
    const retryable = this.#error === undefined ? undefined : this.#retryable;
    return said(this.#text, { error: this.#whyNot(), retryable, usage, session: this.#session });
  }

  #whyNot(): string | undefined {
    if (this.#error !== undefined) {
      return `opencode: ${this.#error}`;
    }
    if (this.#reason === undefined || this.#reason === 'tool-calls') {
      return unfinished('opencode', this.#trouble);
    }
    return CUT_SHORT.has(this.#reason) ? `opencode: the model was cut short (${this.#reason})` : undefined;
  }

  #say(text: string): Told {
    this.#text = this.#isOver || this.#text === '' ? text : `${this.#text}\n${text}`;
    this.#isOver = false;
    return told(text, true);
  }

  #tool(part: Json): Told {
    const state = recordAt(part, 'state') ?? {};
    this.#trouble = textAt(state, 'error');
    return told(toolWords(textAt(part, 'tool'), textAt(recordAt(state, 'input') ?? {}, 'description')), true);
  }

  #finish(part: Json): void {
    this.#reason = textAt(part, 'reason');
    this.#error = undefined;
    const tokens = recordAt(part, 'tokens') ?? {};
    const cached = sumAt(recordAt(tokens, 'cache') ?? {}, 'read', 'write');
    this.#input = sum(this.#input, countAt(tokens, 'input'), cached);
    this.#output = sum(this.#output, sumAt(tokens, 'output', 'reasoning'));
    this.#cost = sum(this.#cost, countAt(part, 'cost'));
  }

  #fail(error: Json): Told {
    const data = recordAt(error, 'data') ?? {};
    const retryable = member(data, 'isRetryable');
    this.#error = textAt(data, 'message') ?? textAt(error, 'message', 'name') ?? 'it failed without saying why';
    this.#retryable = typeof retryable === 'boolean' ? retryable : undefined;
    return told(this.#error, false);
  }
}
