/** LangChain.js: `createAgent`, with the fake model of its core. */
import { createAgent, tool, ToolMessage } from 'langchain';
import { scriptedModel } from '../../../examples/langchain/model.ts';
import { STEPS_MAX } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/langchain.ts';
import type { Kit } from '../kit.ts';

export const langChain: Kit = {
  name: 'LangChain.js',
  showsAs: (schema) => ({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }),
  async run(context, model, signal) {
    const given = tools(context, { tool, ToolMessage });
    const agent = createAgent({ model: scriptedModel(model, given), tools: given });
    const state = await agent.invoke(
      { messages: [{ role: 'user', content: 'Begin.' }] },
      { recursionLimit: 2 * STEPS_MAX, ...(signal === undefined ? {} : { signal }) },
    );
    return state.messages.at(-1)?.text ?? '';
  },
};
