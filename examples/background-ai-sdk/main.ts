/**
 * An agent of Vercel's AI SDK that delegates to functions of its own program. `npm run -s example -- background-ai-sdk`
 */
import { dynamicTool, generateText, isStepCount, type ModelMessage } from 'ai';
import { tools } from '../../src/tools/adapters/ai-sdk.ts';
import { scriptedModel } from '../ai-sdk/model.ts';
import { tell } from '../background-story.ts';

await tell('AI SDK', (desk) => {
  const given = tools({ desk }, { dynamicTool });
  const messages: ModelMessage[] = [];
  return async (prompt, script) => {
    messages.push({ role: 'user', content: prompt });
    const model = scriptedModel(script);
    const { text, responseMessages } = await generateText({ model, tools: given, messages, stopWhen: isStepCount(10) });
    messages.push(...responseMessages);
    return text;
  };
});
