/**
 * The thread that aside.ts starts: it carries out one verb and says what it answered.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Aside } from './aside.ts';

const { home, verb, given }: Aside = workerData;
const verbs: Record<string, (...given: readonly unknown[]) => Promise<unknown>> = await import(home);
const carryOut = verbs[verb];
if (carryOut === undefined) {
  throw new Error(`${home} exports no ${verb}.`);
}
parentPort?.postMessage(await carryOut(...given), []);
