/**
 * Carries a verb out in a thread of its own. node:test follows every promise that is made in the thread of a test, and
 * a simulation makes millions of them: there it takes two to three times as long as it does here.
 *
 * What the verb is given and what it answers are copied, so neither can hold a function.
 */
import { Worker } from 'node:worker_threads';

export interface Aside {
  home: string;
  verb: string;
  given: readonly unknown[];
}

/** The home is the module that exports the verb under its own name: `import.meta.resolve('./runner.ts')`. */
export async function aside<Given extends unknown[], Answer>(
  home: string,
  verb: (...given: Given) => Promise<Answer>,
  ...given: Given
): Promise<Answer> {
  const workerData: Aside = { home, verb: verb.name, given };
  const thread = new Worker(new URL('aside-thread.ts', import.meta.url), { workerData });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  thread.once('message', resolve);
  thread.once('error', reject);
  thread.once('exit', (code) => reject(new Error(`The thread of ${verb.name} ended with ${code} and no answer.`)));
  try {
    return await promise;
  } finally {
    await thread.terminate();
  }
}
