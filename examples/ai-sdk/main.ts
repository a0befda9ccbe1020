/**
 * An agent of Vercel's AI SDK that delegates. `npm run -s example -- ai-sdk`
 */
import { dynamicTool, generateText, isStepCount } from 'ai';
import { tools } from '../../src/tools/adapters/ai-sdk.ts';
import { tell } from '../story.ts';
import { scriptedModel } from './model.ts';

await tell('AI SDK', (desk) => {
  const given = tools({ desk }, { dynamicTool });
  return async (prompt, script) => {
    const model = scriptedModel(script);
    const { text } = await generateText({ model, tools: given, prompt, stopWhen: isStepCount(10) });
    return text;
  };
});
