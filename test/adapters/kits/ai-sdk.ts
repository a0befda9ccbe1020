/** The AI SDK, with its mock of a language model. */
import { dynamicTool, generateText, isStepCount } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { tools } from '../../../src/tools/adapters/ai-sdk.ts';
import type { Json } from '../../../src/tools/index.ts';
import { STEPS_MAX, type Answered, type Kit, type Model, type Shown } from '../kit.ts';

export const aiSdk: Kit = {
  name: 'AI SDK',
  async run(context, model, signal) {
    const { text } = await generateText({
      model: new MockLanguageModelV4({ doGenerate: async (asked) => generated(model, asked) }),
      tools: tools(context, { dynamicTool }),
      prompt: 'Begin.',
      stopWhen: isStepCount(STEPS_MAX),
      maxRetries: 0,
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    return text;
  },
};

export type Asked = Parameters<MockLanguageModelV4['doGenerate']>[0];
type Generated = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>> & {
  finishReason: { unified: 'stop' | 'tool-calls' };
};

const NO_USAGE = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

export function generated(model: Model, { tools: given, prompt }: Asked): Generated {
  const move = model({ tools: (given ?? []).flatMap(shownOf), answers: prompt.flatMap(answersIn) });
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
