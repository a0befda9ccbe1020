/**
 * A platform with a callee in its own process: `node host.ts <folder> <id>`, with the environment of `errand up`.
 */
import { perform } from './perform.ts';
import { readConfig, startPlatform } from '../../../src/server/index.ts';

const [folder = '', id = '', port = '0', data = ''] = process.argv.slice(2);
const platform = await startPlatform(
  readConfig({ open: true, port: Number(port), data }),
  new Map([
    [
      id,
      async (task, attempt) =>
        perform(task, {
          ...{ folder, id: attempt.id, signal: attempt.signal },
          progress: (note) => attempt.progress({ message: note }),
          ask: async (question) => attempt.ask(question),
        }),
    ],
  ]),
);
console.log(`serves at ${platform.url}`);
