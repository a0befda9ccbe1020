/** LangChain.js: `createAgent`, with the fake model of its core. */
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { createAgent, tool, ToolMessage } from 'langchain';
import { tools } from '../../../src/tools/adapters/langchain.ts';
import type { Json } from '../../../src/tools/index.ts';
import { STEPS_MAX, type Answered, type Kit, type Shown } from '../kit.ts';

export const langChain: Kit = {
  name: 'LangChain.js',
  async run(context, model, signal) {
    const given = tools(context, { tool, ToolMessage });
    const shown = given.map((one): Shown => {
      const { name, description = '', parameters } = convertToOpenAITool(one).function;
      return { name, description, schema: parameters as Json };
    });
    const fake = fakeModel();
    for (let step = 0; step < STEPS_MAX; step += 1) {
      fake.respond((messages) => {
        const move = model({ tools: shown, answers: messages.flatMap(answersIn) });
        const call = 'say' in move ? [] : [{ name: move.call, args: move.input, id: move.id }];
        return new AIMessage({ content: 'say' in move ? move.say : '', tool_calls: call });
      });
    }
    const agent = createAgent({ model: fake, tools: given });
    const state = await agent.invoke(
      { messages: [{ role: 'user', content: 'Begin.' }] },
      { recursionLimit: 2 * STEPS_MAX, ...(signal === undefined ? {} : { signal }) },
    );
    return state.messages.at(-1)?.text ?? '';
  },
};

function answersIn(message: BaseMessage): Answered[] {
  return ToolMessage.isInstance(message) ? [{ text: message.text, isError: message.status === 'error' }] : [];
}
