/**
 * An agent of LangChain.js that delegates. `npm run -s example -- langchain`
 */
import { createAgent, tool, ToolMessage } from 'langchain';
import { tools } from '../../src/tools/adapters/langchain.ts';
import { tell } from '../story.ts';
import { scriptedModel } from './model.ts';

await tell('LangChain.js', (desk) => {
  const given = tools({ desk }, { tool, ToolMessage });
  return async (prompt, script) => {
    const agent = createAgent({ model: scriptedModel(script, given), tools: given });
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: prompt }] });
    return messages.at(-1)?.text ?? '';
  };
});
