/**
 * p-queue: a pool of promises with so many slots. Nothing is kept, named, bounded or told; what Errand does beyond a
 * call is measured against it.
 */
import { check, type Contender } from './contender.ts';
import { packageAs } from './installed.ts';

interface PQueuePackage {
  default: new (options: { concurrency: number }) => { add(run: () => Promise<string>): Promise<string> };
}

export async function pQueue(inFlight: number, text: string): Promise<Contender> {
  const { default: Queue } = await packageAs<PQueuePackage>('p-queue');
  const queue = new Queue({ concurrency: inFlight });
  return {
    name: 'p-queue',
    isDurable: false,
    async one() {
      check('p-queue', await queue.add(async () => text), text);
    },
    async close() {},
  };
}
