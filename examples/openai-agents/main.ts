/**
 * An agent of the OpenAI Agents SDK that delegates. `npm run -s example -- openai-agents`
 */
import { Agent, Runner, tool } from '@openai/agents';
import { tools } from '../../src/tools/adapters/openai-agents.ts';
import { tell } from '../story.ts';
import { scriptedModel } from './model.ts';

await tell('OpenAI Agents SDK', (desk) => {
  const agent = new Agent({ name: 'lead', instructions: 'Delegate.', tools: tools({ desk }, { tool }) });
  return async (prompt, script) => {
    const runner = new Runner({ model: scriptedModel(script), tracingDisabled: true });
    const { finalOutput } = await runner.run(agent, prompt);
    return finalOutput ?? '';
  };
});
