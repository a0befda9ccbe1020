/**
 * Gemini CLI: `gemini --output-format stream-json`, or `json`. Looked at: what 0.61.0 prints, with a scripted model
 * behind it, and its formatters.
 *
 * As a stream each line has a `type`: `init`, `message` (what the assistant says comes in deltas), `tool_use`,
 * `tool_result`, `error` (some are warnings) and at the end `result` with a `status`; it does not repeat the text, so
 * that is what was said since the last tool. As `json` it prints one object over many lines: it begins at a line that
 * is `{` and ends at one that is `}`, and says `response` or `error`. Most of its failures print nothing on stdout
 * then; the words are on stderr.
 */
import { asRecord, countAt, type Json, member, nameAt, recordAt, textAt } from '../../../a2a/index.ts';
import type { Usage } from '../../../core/delegation/index.ts';
import type { Dialect, Reader, Said, Told } from './dialect.ts';
import { Gathered } from './gathered.ts';
import { recordIn } from './line.ts';
import { OpenTools } from './open-tools.ts';
import { said, sum, told, toolWords, unfinished, usageOf } from './saying.ts';

export const gemini: Dialect = { name: 'gemini', open: () => new GeminiReader() };

/** Of what it says, piece by piece, so much is told while it says it. */
const LEAD_MAX = 500;

class GeminiReader implements Reader {
  readonly #tools = new OpenTools();
  readonly #text = new Gathered('');
  #lead = '';
  /** What is said next begins a new text. */
  #isOver = false;
  /** The object over many lines, while it is open. */
  #document: Gathered | undefined;
  #trouble: string | undefined;
  #session: string | undefined;
  #said: Said | undefined;

  hear(line: string): Told | undefined {
    const event = recordIn(line);
    if (event !== undefined && textAt(event, 'type') !== undefined) {
      this.#document = undefined;
      return this.#take(event);
    }
    const whole = event ?? this.#documentWith(line);
    this.#said = (whole === undefined ? undefined : saidOf(whole)) ?? this.#said;
    return undefined;
  }

  get held(): number {
    return this.#text.length + (this.#document?.length ?? 0);
  }

  end(): Said {
    return this.#said ?? said(this.#text.text, { error: unfinished('gemini', this.#trouble), session: this.#session });
  }

  #take(event: Json): Told | undefined {
    switch (member(event, 'type')) {
      case 'init':
        this.#session = nameAt(event, 'session_id');
        return undefined;
      case 'message':
        return member(event, 'role') === 'assistant' ? this.#message(textAt(event, 'content') ?? '') : undefined;
      case 'tool_use': {
        this.#isOver = true;
        this.#tools.begin(nameAt(event, 'tool_id'));
        const description = textAt(recordAt(event, 'parameters') ?? {}, 'description');
        return told(toolWords(textAt(event, 'tool_name'), description), this.#tools.isAny);
      }
      case 'tool_result':
        this.#tools.end(nameAt(event, 'tool_id'));
        return told(undefined, this.#tools.isAny);
      case 'error':
        this.#trouble = textAt(event, 'message') ?? this.#trouble;
        return told(this.#trouble, this.#tools.isAny);
      case 'result':
        this.#said = this.#result(event);
        return undefined;
      default:
        return undefined;
    }
  }

  #message(piece: string): Told | undefined {
    if (this.#isOver) {
      this.#text.clear();
      this.#lead = '';
      this.#isOver = false;
    }
    this.#text.add(piece);
    if (this.#lead.length >= LEAD_MAX) {
      return undefined;
    }
    this.#lead = (this.#lead + piece).slice(0, LEAD_MAX);
    return told(this.#lead, this.#tools.isAny);
  }

  #result(event: Json): Said {
    const tokens = recordAt(event, 'stats') ?? {};
    const usage = usageOf({ input: countAt(tokens, 'input_tokens'), output: countAt(tokens, 'output_tokens') });
    const session = this.#session;
    if (member(event, 'status') === 'success') {
      return said(this.#text.text, { usage, session });
    }
    const words = textAt(recordAt(event, 'error') ?? {}, 'message') ?? this.#trouble;
    const error = `gemini: ${words ?? 'it failed without saying why'}`;
    return said(this.#text.text, { error, usage, session });
  }

  /** The object, when this line is its last. */
  #documentWith(line: string): Json | undefined {
    const end = line.trimEnd();
    if (end === '{') {
      this.#document = new Gathered('\n');
    }
    this.#document?.add(line);
    if (end !== '}' || this.#document === undefined) {
      return undefined;
    }
    const { text } = this.#document;
    this.#document = undefined;
    return recordIn(text);
  }
}

/** Undefined for an object that is something else. */
function saidOf(whole: Json): Said | undefined {
  const response = textAt(whole, 'response');
  const error = recordAt(whole, 'error');
  if (response === undefined && error === undefined) {
    return undefined;
  }
  const words = error === undefined ? undefined : (textAt(error, 'message') ?? 'it failed without saying why');
  return said(response ?? '', {
    error: words === undefined ? undefined : `gemini: ${words}`,
    usage: usageIn(recordAt(recordAt(whole, 'stats') ?? {}, 'models') ?? {}),
    session: nameAt(whole, 'session_id'),
  });
}

/** Of all models that took part. */
function usageIn(models: Json): Usage | undefined {
  let [input, output]: (number | undefined)[] = [];
  for (const model of Object.values(models)) {
    const tokens = recordAt(asRecord(model) ?? {}, 'tokens') ?? {};
    input = sum(input, countAt(tokens, 'prompt'));
    output = sum(output, countAt(tokens, 'candidates'));
  }
  return usageOf({ input, output });
}
