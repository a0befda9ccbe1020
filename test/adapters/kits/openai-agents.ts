/** The OpenAI Agents SDK, with its scripted model. */
import { Agent, Runner, tool } from '@openai/agents';
import { scriptedModel } from '../../../examples/openai-agents/model.ts';
import { STEPS_MAX } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/openai-agents.ts';
import type { Kit } from '../kit.ts';

export const openAiAgents: Kit = {
  name: 'OpenAI Agents SDK',
  async run(context, model, signal) {
    const runner = new Runner({ model: scriptedModel(model), tracingDisabled: true });
    const agent = new Agent({ name: 'lead', instructions: 'Delegate.', tools: tools(context, { tool }) });
    const done = await runner.run(agent, 'Begin.', {
      maxTurns: STEPS_MAX,
      ...(signal === undefined ? {} : { signal }),
    });
    return done.finalOutput ?? '';
  },
};
