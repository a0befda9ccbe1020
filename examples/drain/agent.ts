/**
 * A potter, who needs two seconds for each piece. `errand agent run examples/drain/agent.ts`
 */
import { setTimeout as pause } from 'node:timers/promises';
import { agent } from '../../src/runtime/agent/index.ts';

export const potter = agent({
  name: 'potter',
  async handle(task, context) {
    context.progress('at the wheel');
    await pause(2000, undefined, { signal: context.signal });
    return `${task.text}, by process ${process.pid}`;
  },
});
