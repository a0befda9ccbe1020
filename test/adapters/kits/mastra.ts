/** Mastra, with a model of the AI SDK's kind that answers whole. */
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { generated, type Asked } from '../../../examples/ai-sdk/model.ts';
import { STEPS_MAX } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/mastra.ts';
import type { Kit } from '../kit.ts';

export const mastra: Kit = {
  name: 'Mastra',
  async run(context, model, signal) {
    const agent = new Agent({
      ...{ id: 'lead', name: 'lead', instructions: 'Delegate.' },
      model: {
        ...({ specificationVersion: 'v4', provider: 'fake', modelId: 'fake', supportedUrls: {} } as const),
        doGenerate: async (asked: Asked) => generated(model, asked),
        async doStream() {
          throw new Error('It is asked for whole answers.');
        },
      },
      tools: tools(context, { createTool }),
    });
    const { text } = await agent.generate('Begin.', {
      maxSteps: STEPS_MAX,
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    return text;
  },
};
