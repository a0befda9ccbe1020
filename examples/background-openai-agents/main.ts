/**
 * An agent of the OpenAI Agents SDK that delegates to functions of its own program.
 * `npm run -s example -- background-openai-agents`
 */
import { Agent, Runner, tool, user, type AgentInputItem } from '@openai/agents';
import { tools } from '../../src/tools/adapters/openai-agents.ts';
import { tell } from '../background-story.ts';
import { scriptedModel } from '../openai-agents/model.ts';

await tell('OpenAI Agents SDK', (desk) => {
  const agent = new Agent({ name: 'lead', instructions: 'Delegate.', tools: tools({ desk }, { tool }) });
  let history: AgentInputItem[] = [];
  return async (prompt, script) => {
    const runner = new Runner({ model: scriptedModel(script), tracingDisabled: true });
    const done = await runner.run(agent, [...history, user(prompt)]);
    ({ history } = done);
    return done.finalOutput ?? '';
  };
});
