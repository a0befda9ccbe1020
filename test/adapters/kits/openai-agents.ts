/** The OpenAI Agents SDK, with its scripted model. */
import { Agent, Runner, tool } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing';
import { tools } from '../../../src/tools/adapters/openai-agents.ts';
import type { Json } from '../../../src/tools/index.ts';
import { STEPS_MAX, type Answered, type Kit, type Model, type Shown } from '../kit.ts';

export const openAiAgents: Kit = {
  name: 'OpenAI Agents SDK',
  async run(context, model, signal) {
    const steps = Array.from({ length: STEPS_MAX }, () => modelResponder(({ request }) => responded(model, request)));
    const runner = new Runner({ model: new ScriptedModel(steps), tracingDisabled: true });
    const agent = new Agent({ name: 'lead', instructions: 'Delegate.', tools: tools(context, { tool }) });
    const done = await runner.run(agent, 'Begin.', {
      maxTurns: STEPS_MAX,
      ...(signal === undefined ? {} : { signal }),
    });
    return done.finalOutput ?? '';
  },
};

type Request = Parameters<ScriptedModel['getResponse']>[0];

function responded(model: Model, { tools: given, input }: Request) {
  const items = typeof input === 'string' ? [] : input;
  const move = model({ tools: given.flatMap(shownOf), answers: items.flatMap(answersIn) });
  return ['say' in move ? assistantMessage(move.say) : functionCall(move.call, move.input, { callId: move.id })];
}

function shownOf(given: Request['tools'][number]): Shown[] {
  if (given.type !== 'function') {
    return [];
  }
  return [{ name: given.name, description: given.description, schema: given.parameters as unknown as Json }];
}

function answersIn(item: Exclude<Request['input'], string>[number]): Answered[] {
  if (item.type !== 'function_call_result') {
    return [];
  }
  const { output } = item;
  if (typeof output === 'string') {
    return [{ text: output }];
  }
  return 'type' in output && output.type === 'text' ? [{ text: output.text }] : [];
}
