/** Mastra, with a model of the AI SDK's kind that answers whole. */
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { tools } from '../../../src/tools/adapters/mastra.ts';
import { STEPS_MAX, type Kit } from '../kit.ts';
import { generated, type Asked } from './ai-sdk.ts';

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
