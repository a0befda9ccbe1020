/**
 * BullMQ: workers that together take as many at once as are in flight, and the queue's events, which bring the result
 * along. The one who asks listens for its job before it adds it: one question to Redis less than `waitUntilFinished`.
 * Four workers did nearly twice of what one did at 64 in flight, and as much as eight; pipelining by itself did less.
 */
import { check, TEXT, Waiting, type Contender } from './contender.ts';
import { packageAs } from './installed.ts';
import type { RedisAt } from './redis.ts';

const WORKERS = 4;

interface Closable {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

interface Options {
  connection: { url: string; maxRetriesPerRequest: null };
  concurrency?: number;
}

type Finished = (about: { jobId: string; returnvalue: unknown }) => void;

interface BullMq {
  Queue: new (
    name: string,
    options: Options,
  ) => Closable & {
    add(name: string, data: object, options: { jobId: string }): Promise<unknown>;
  };
  Worker: new (name: string, run: () => Promise<string>, options: Options) => Closable;
  QueueEvents: new (
    name: string,
    options: Options,
  ) => Closable & { on(event: 'completed', listener: Finished): unknown };
}

export async function bullmq(redis: RedisAt, inFlight: number, text = TEXT): Promise<Contender> {
  const { Queue, Worker, QueueEvents } = await packageAs<BullMq>('bullmq');
  const name = `BullMQ, appendfsync ${redis.appendfsync}`;
  const options: Options = { connection: { url: redis.url, maxRetriesPerRequest: null } };
  const topic = `bench-${process.pid}-${inFlight}`;
  const queue = new Queue(topic, options);
  const events = new QueueEvents(topic, options);
  const count = Math.min(WORKERS, inFlight);
  const concurrency = Math.ceil(inFlight / count);
  const workers = Array.from({ length: count }, () => new Worker(topic, async () => text, { ...options, concurrency }));
  const waiting = new Waiting();
  events.on('completed', ({ jobId, returnvalue }) => waiting.tell(jobId, returnvalue));
  await Promise.all([queue, events, ...workers].map((part) => part.waitUntilReady()));
  let added = 0;
  return {
    name,
    isDurable: redis.appendfsync === 'always',
    async one() {
      added += 1;
      const jobId = `job-${added}`;
      const result = waiting.until(jobId);
      await queue.add('noop', { text }, { jobId });
      check(name, await result, text);
    },
    async close() {
      await Promise.all(workers.map(async (worker) => worker.close()));
      await events.close();
      await queue.close();
    },
  };
}
