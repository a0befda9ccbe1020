/**
 * The fake model of LangChain's core, asking a script. A real one stands here otherwise: `new ChatOpenAI({ … })`.
 */
import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';
import { fakeModel, type FakeBuiltModel } from '@langchain/core/testing';
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { isInteropZodSchema } from '@langchain/core/utils/types';
import type { Json } from '../../src/tools/index.ts';
import { STEPS_MAX, type Answered, type Model, type Shown } from '../script.ts';

interface Tool {
  name: string;
  description: string;
  schema: unknown;
}

/** The fake is not told of the tools; it is shown them as those providers send them that know zod and nothing else. */
export function scriptedModel(model: Model, given: readonly Tool[]): FakeBuiltModel {
  const tools = given.map(({ name, description, schema }): Shown => ({
    ...{ name, description },
    schema: (isInteropZodSchema(schema) ? toJsonSchema(schema) : schema) as Json,
  }));
  const fake = fakeModel();
  for (let step = 0; step < STEPS_MAX; step += 1) {
    fake.respond((messages) => {
      const heard = messages.findLast((message) => HumanMessage.isInstance(message))?.text;
      const move = model({ tools, answers: messages.flatMap(answersIn), heard });
      const call = 'say' in move ? [] : [{ name: move.call, args: move.input, id: move.id }];
      return new AIMessage({ content: 'say' in move ? move.say : '', tool_calls: call });
    });
  }
  return fake;
}

function answersIn(message: BaseMessage): Answered[] {
  return ToolMessage.isInstance(message) ? [{ text: message.text, isError: message.status === 'error' }] : [];
}
