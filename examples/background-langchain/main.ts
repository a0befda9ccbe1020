/**
 * An agent of LangChain.js that delegates to functions of its own program. `npm run -s example -- background-langchain`
 */
import type { BaseMessage } from '@langchain/core/messages';
import { createAgent, HumanMessage, tool, ToolMessage } from 'langchain';
import { tools } from '../../src/tools/adapters/langchain.ts';
import { tell } from '../background-story.ts';
import { scriptedModel } from '../langchain/model.ts';

await tell('LangChain.js', (desk) => {
  const given = tools({ desk }, { tool, ToolMessage });
  let messages: BaseMessage[] = [];
  return async (prompt, script) => {
    const agent = createAgent({ model: scriptedModel(script, given), tools: given });
    ({ messages } = await agent.invoke({ messages: [...messages, new HumanMessage(prompt)] }));
    return messages.at(-1)?.text ?? '';
  };
});
