/**
 * Codex: `codex exec --json`. Looked at: what 0.169.0 prints, with a scripted model behind it, and the types of events
 * of its SDK 0.163.0.
 *
 * A thread has turns, a turn has items, and an item is started, updated and completed; some come completed at once. The
 * result is the last `agent_message`, and it counts when its turn is completed. An `error` is not an ending: each try
 * to connect again is one. An item of type `error` is a warning.
 */
import { asRecord, countAt, type Json, listAt, member, nameAt, recordAt, textAt } from '../../../a2a/index.ts';
import type { Usage } from '../../../core/delegation/index.ts';
import type { Dialect, Reader, Said, Told } from './dialect.ts';
import { recordIn } from './line.ts';
import { OpenTools } from './open-tools.ts';
import { said, told, toolWords, unfinished, usageOf } from './saying.ts';

export const codex: Dialect = { name: 'codex', open: () => new CodexReader() };

class CodexReader implements Reader {
  readonly #tools = new OpenTools();
  #text = '';
  #turn: 'open' | 'completed' | 'failed' = 'open';
  #trouble: string | undefined;
  #usage: Usage | undefined;
  #session: string | undefined;

  hear(line: string): Told | undefined {
    const event = recordIn(line);
    if (event === undefined) {
      return undefined;
    }
    switch (member(event, 'type')) {
      case 'thread.started':
        this.#session = nameAt(event, 'thread_id');
        return undefined;
      case 'turn.started':
        this.#turn = 'open';
        return undefined;
      case 'turn.completed':
        this.#turn = 'completed';
        this.#usage = usageIn(recordAt(event, 'usage') ?? {});
        return undefined;
      case 'turn.failed':
        this.#turn = 'failed';
        this.#trouble = textAt(recordAt(event, 'error') ?? {}, 'message') ?? this.#trouble;
        return undefined;
      case 'error':
        this.#trouble = textAt(event, 'message') ?? this.#trouble;
        return told(this.#trouble, this.#tools.isAny);
      default:
        return this.#item(textAt(event, 'type'), recordAt(event, 'item'));
    }
  }

  /** The last word of a kind, and that fits into a line. */
  readonly held = 0;

  end(): Said {
    return said(this.#text, { error: this.#error(), usage: this.#usage, session: this.#session });
  }

  #error(): string | undefined {
    switch (this.#turn) {
      case 'completed':
        return undefined;
      case 'failed':
        return `codex: ${this.#trouble ?? 'its turn failed without saying why'}`;
      case 'open':
        return unfinished('codex', this.#trouble);
    }
  }

  #item(type: string | undefined, item: Json | undefined): Told | undefined {
    const isCompleted = type === 'item.completed';
    if (item === undefined || !(isCompleted || type === 'item.started' || type === 'item.updated')) {
      return undefined;
    }
    switch (member(item, 'type')) {
      case 'agent_message':
        this.#text = textAt(item, 'text') ?? this.#text;
        return told(textAt(item, 'text'), this.#tools.isAny);
      case 'reasoning':
        return told(textAt(item, 'text'), this.#tools.isAny);
      case 'error':
        return told(textAt(item, 'message'), this.#tools.isAny);
      case 'todo_list':
        return told(stepWords(item), this.#tools.isAny);
      default:
        return this.#tool(item, isCompleted);
    }
  }

  /** Whatever else an item is, it is something that is done, and takes a while; or it comes when it is over. */
  #tool(item: Json, isCompleted: boolean): Told {
    const id = nameAt(item, 'id');
    if (isCompleted) {
      const wasOpen = this.#tools.end(id);
      return told(wasOpen ? undefined : doingWords(item), this.#tools.isAny);
    }
    this.#tools.begin(id);
    return told(doingWords(item), this.#tools.isAny);
  }
}

function doingWords(item: Json): string {
  const type = textAt(item, 'type');
  switch (type) {
    case 'command_execution':
      return 'runs a command';
    case 'file_change':
      return `changes files: ${listAt(item, 'changes').length}`;
    case 'mcp_tool_call':
      return toolWords(`${textAt(item, 'server') ?? '?'}.${textAt(item, 'tool') ?? '?'}`, undefined);
    case 'web_search':
      return toolWords('searches the web', textAt(item, 'query'));
    default:
      return type ?? 'works';
  }
}

/** The step it is at; the list is the agent's guess, so no share of the work is made of it. */
function stepWords(item: Json): string | undefined {
  const steps = listAt(item, 'items')
    .map((step) => asRecord(step))
    .filter((step) => step !== undefined);
  const done = steps.filter((step) => member(step, 'completed') === true).length;
  const next = steps.find((step) => member(step, 'completed') !== true);
  return toolWords(`${done} of ${steps.length} steps done`, textAt(next ?? {}, 'text'));
}

/** Cached tokens are among those that went in, and those of thinking among those that came out. */
function usageIn(tokens: Json): Usage | undefined {
  return usageOf({ input: countAt(tokens, 'input_tokens'), output: countAt(tokens, 'output_tokens') });
}
