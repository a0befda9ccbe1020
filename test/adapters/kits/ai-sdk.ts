/** The AI SDK, with its mock of a language model. */
import { dynamicTool, generateText, isStepCount } from 'ai';
import { scriptedModel } from '../../../examples/ai-sdk/model.ts';
import { STEPS_MAX } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/ai-sdk.ts';
import type { Kit } from '../kit.ts';

export const aiSdk: Kit = {
  name: 'AI SDK',
  async run(context, model, signal) {
    const { text } = await generateText({
      model: scriptedModel(model),
      tools: tools(context, { dynamicTool }),
      prompt: 'Begin.',
      stopWhen: isStepCount(STEPS_MAX),
      maxRetries: 0,
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    return text;
  },
};
