/**
 * The scripted model of the OpenAI Agents SDK, asking a script. A real one stands here otherwise: its name.
 */
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing';
import type { Json } from '../../src/tools/index.ts';
import { STEPS_MAX, type Answered, type Model, type Shown } from '../script.ts';

export function scriptedModel(model: Model): ScriptedModel {
  const step = modelResponder(({ request }) => responded(model, request));
  return new ScriptedModel(Array.from({ length: STEPS_MAX }, () => step));
}

type Request = Parameters<ScriptedModel['getResponse']>[0];

function responded(model: Model, { tools: given, input }: Request) {
  const items = typeof input === 'string' ? [] : input;
  const heard = typeof input === 'string' ? input : items.flatMap(saidIn).at(-1);
  const move = model({ tools: given.flatMap(shownOf), answers: items.flatMap(answersIn), heard });
  return ['say' in move ? assistantMessage(move.say) : functionCall(move.call, move.input, { callId: move.id })];
}

function shownOf(given: Request['tools'][number]): Shown[] {
  if (given.type !== 'function') {
    return [];
  }
  return [{ name: given.name, description: given.description, schema: given.parameters as unknown as Json }];
}

function saidIn(item: Exclude<Request['input'], string>[number]): string[] {
  if (!('role' in item) || item.role !== 'user') {
    return [];
  }
  const { content } = item;
  const parts = typeof content === 'string' ? [content] : content.map((one) => ('text' in one ? one.text : ''));
  return [parts.join('')];
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
