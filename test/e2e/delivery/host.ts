/**
 * A platform with a callee in its own process: `node host.ts <folder> <id>`, with the environment of `errand up`.
 */
import { Asked, perform } from './perform.ts';
import { readConfig, startPlatform } from '../../../src/server/index.ts';

const [folder = '', id = '', port = '0', data = ''] = process.argv.slice(2);
const platform = await startPlatform(
  readConfig({ open: true, port: Number(port), data }),
  new Map([
    [
      id,
      async (task, attempt) => {
        let asked: string | undefined;
        try {
          return await perform(task, {
            ...{ folder, id: attempt.id, signal: attempt.signal },
            progress: (note) => attempt.progress(note),
            ask: async (question) => {
              if (attempt.answer === undefined) {
                asked = question;
                throw new Asked();
              }
              return attempt.answer;
            },
          });
        } catch (error) {
          if (error instanceof Asked) {
            return attempt.ask(asked ?? '');
          }
          throw error;
        }
      },
    ],
  ]),
);
console.log(`serves at ${platform.url}`);
