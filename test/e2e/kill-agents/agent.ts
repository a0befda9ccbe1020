/**
 * An agent of the campaign in a process of its own: `node agent.ts pull|a2a <id> <folder> <platform> [port]`.
 *
 * Now and then it asks, tells of its progress, fails, or wants to be asked again later.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { agent, TryLater } from '../../../src/runtime/agent/index.ts';
import { write } from './work.ts';

const [way = 'pull', id = '', folder = '', url = '', port = '0'] = process.argv.slice(2);
const QUESTION = 'Which colour?';

const callee = agent({
  name: id,
  capacity: id === 'lanes' ? 8 : 4,
  async handle(task, context) {
    const answer = `${task.id} ${process.pid} ${Math.random()}`;
    const die = Math.random();
    if (id === 'asks' && die < 0.4) {
      const told = `${QUESTION} ${await context.ask(QUESTION)}`;
      write(folder, { peer: id, id: task.id, answer: told });
      return told;
    }
    if (die < 0.05) {
      write(folder, { peer: id, id: task.id, answer: null });
      throw new Error('it cannot be done');
    }
    if (die < 0.1 && id !== 'lanes') {
      throw new TryLater('not now');
    }
    write(folder, { peer: id, id: task.id, answer });
    context.progress({ message: 'at it', percent: 50 });
    await pause(Math.random() * 120, undefined, { signal: context.signal });
    return answer;
  },
});
await callee.serve({ url, workspace: id, ...(way === 'a2a' ? { listen: { port: Number(port) } } : {}) });
console.log('serves');
