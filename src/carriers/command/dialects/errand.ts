/**
 * Errand's own dialect, for scripts: lines of JSON with a `type`, among lines of plain text.
 *
 * `{"type":"progress","message"?,"percent"?,"in_tool"?}` is told at once. `{"type":"result","text"?,"parts"?,"usage"?}`,
 * `{"type":"ask","question"}` and `{"type":"fail","error","retryable"?}` end it; of several the last counts. Every other
 * line is plain text, and all of those together are the text of a result that was not given one. So a script that knows
 * nothing of this has its output for a result, and one that wants more adds a line.
 */
import { countAt, isWithinDepth, type Json, listAt, member, recordAt, textAt, textOf } from '../../../a2a/index.ts';
import type { Usage } from '../../../core/delegation/index.ts';
import type { Dialect, Reader, Said, Told } from './dialect.ts';
import { Gathered } from './gathered.ts';
import { recordIn } from './line.ts';
import { partsOf } from './parts.ts';
import { said, shown, usageOf } from './saying.ts';

export const errand: Dialect = { name: 'errand', open: () => new ErrandReader() };

/** As many as the HTTP API takes. */
const PARTS_MAX = 100;

class ErrandReader implements Reader {
  readonly #plain = new Gathered('\n');
  #ending: Json | undefined;

  hear(line: string): Told | undefined {
    const event = recordIn(line);
    switch (event === undefined ? undefined : member(event, 'type')) {
      case 'progress':
        return progressOf(event ?? {});
      case 'result':
      case 'ask':
      case 'fail':
        this.#ending = event;
        return undefined;
      default:
        this.#plain.add(line);
        return undefined;
    }
  }

  get held(): number {
    return this.#plain.length;
  }

  end(): Said {
    const ending = this.#ending ?? {};
    switch (member(ending, 'type')) {
      case 'ask':
        return this.#ask(textAt(ending, 'question') ?? '');
      case 'fail':
        return this.#fail(ending);
      default:
        return this.#result(ending);
    }
  }

  /** A line's end at the very end is not part of a text. */
  get #text(): string {
    return this.#plain.text.trimEnd();
  }

  #ask(question: string): Said {
    const isNothing = question.trim() === '';
    return said(this.#text, isNothing ? { error: 'it asked, but with no question', retryable: false } : { question });
  }

  #fail(ending: Json): Said {
    const error = textAt(ending, 'error') ?? '';
    const retryable = member(ending, 'retryable');
    return said(this.#text, {
      error: error.trim() === '' ? 'it failed without saying why' : error,
      retryable: typeof retryable === 'boolean' ? retryable : undefined,
    });
  }

  #result(ending: Json): Said {
    const usage = usageIn(recordAt(ending, 'usage') ?? {});
    const values = listAt(ending, 'parts');
    const text = textAt(ending, 'text');
    if (values.length === 0) {
      return said(text ?? this.#text, { usage });
    }
    if (values.length > PARTS_MAX || !isWithinDepth(values)) {
      const what = values.length > PARTS_MAX ? `more than ${PARTS_MAX}` : 'nested too deeply';
      const error = `the parts of its result are ${what}`;
      return said(text ?? this.#text, { error, retryable: false, usage });
    }
    const parts = partsOf(values);
    return said(text ?? textOf(parts), { parts, usage });
  }
}

function progressOf(event: Json): Told {
  const message = shown(textAt(event, 'message') ?? '');
  const percent = countAt(event, 'percent');
  const inTool = member(event, 'in_tool');
  return {
    ...(message === undefined ? {} : { message }),
    ...(percent === undefined || percent > 100 ? {} : { percent }),
    ...(typeof inTool === 'boolean' ? { inTool } : {}),
  };
}

function usageIn(usage: Json): Usage | undefined {
  return usageOf({
    input: countAt(usage, 'input_tokens'),
    output: countAt(usage, 'output_tokens'),
    cost: countAt(usage, 'cost_usd'),
  });
}
