/**
 * The callee as an agent of its own: `node agent.ts pull|a2a <folder> <id> <platform> [port]`.
 */
import { agent } from '../../../src/runtime/agent/index.ts';
import { perform } from './perform.ts';

const [way = 'pull', folder = '', id = '', url = '', port = '0'] = process.argv.slice(2);
const callee = agent({
  name: id,
  capacity: 1,
  handle: async (task, context) =>
    perform(task.text, {
      ...{ folder, id: task.id, signal: context.signal },
      progress: (note) => context.progress(note),
      ask: async (question) => context.ask(question),
    }),
});
await callee.serve({ url, workspace: id, ...(way === 'a2a' ? { listen: { port: Number(port) } } : {}) });
console.log('serves');
