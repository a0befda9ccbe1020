/**
 * The AI SDK's mock of a language model, asking a script. A real one stands here otherwise: `openai('…')`.
 */
import { MockLanguageModelV4 } from 'ai/test';
import type { Json } from '../../src/tools/index.ts';
import type { Answered, Model, Shown } from '../script.ts';

export function scriptedModel(model: Model): MockLanguageModelV4 {
  return new MockLanguageModelV4({ doGenerate: async (asked) => generated(model, asked) });
}

export type Asked = Parameters<MockLanguageModelV4['doGenerate']>[0];
type Generated = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>> & {
  finishReason: { unified: 'stop' | 'tool-calls' };
};

const NO_USAGE = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

export function generated(model: Model, { tools: given, prompt }: Asked): Generated {
  const heard = prompt.flatMap(saidIn).at(-1);
  const move = model({ tools: (given ?? []).flatMap(shownOf), answers: prompt.flatMap(answersIn), heard });
  const said = { usage: NO_USAGE, warnings: [] };
  if ('say' in move) {
    return { content: [{ type: 'text', text: move.say }], finishReason: { unified: 'stop', raw: 'stop' }, ...said };
  }
  const call = { toolCallId: move.id, toolName: move.call, input: JSON.stringify(move.input) };
  return {
    content: [{ type: 'tool-call', ...call }],
    finishReason: { unified: 'tool-calls', raw: 'tool-calls' },
    ...said,
  };
}

function shownOf(tool: NonNullable<Asked['tools']>[number]): Shown[] {
  if (tool.type !== 'function') {
    return [];
  }
  return [{ name: tool.name, description: tool.description ?? '', schema: tool.inputSchema as Json }];
}

function saidIn({ role, content }: Asked['prompt'][number]): string[] {
  return role === 'user' ? [content.map((part) => (part.type === 'text' ? part.text : '')).join('')] : [];
}

function answersIn({ role, content }: Asked['prompt'][number]): Answered[] {
  if (role !== 'tool') {
    return [];
  }
  return content.flatMap((part) => {
    if (part.type !== 'tool-result' || (part.output.type !== 'text' && part.output.type !== 'error-text')) {
      return [];
    }
    return [{ text: part.output.value, isError: part.output.type === 'error-text' }];
  });
}
