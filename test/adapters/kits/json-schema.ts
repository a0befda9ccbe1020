/** No framework: the loop that one writes by hand. */
import { STEPS_MAX, type Answered } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/json-schema.ts';
import type { Kit } from '../kit.ts';

export const jsonSchema: Kit = {
  name: 'plain JSON Schema',
  async run(context, model, signal) {
    const all = tools(context);
    const shown = all.map(({ name, description, inputSchema: schema }) => ({ name, description, schema }));
    const answers: Answered[] = [];
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const move = model({ tools: shown, answers });
      if ('say' in move) {
        return move.say;
      }
      const chosen = all.find(({ name }) => name === move.call);
      const answer = await chosen?.call(move.input, { callId: move.id, signal });
      answers.push({ text: answer?.text ?? 'no such tool', isError: answer?.isError });
    }
    throw new Error('The model never said anything.');
  },
};
