/**
 * pg-boss, by `send`, `fetch`, `complete` and `getJobById`: one worker that takes all that is there and completes it
 * together, woken by whoever sent. Its polling worker with LISTEN and NOTIFY, the other way that it documents, did
 * two thirds of this at 64 in flight and took a quarter longer at one.
 */
import { randomUUID } from 'node:crypto';
import type { TestServer } from '../../test/support/postgres.ts';
import { check, TEXT, Waiting, type Contender } from './contender.ts';
import { packageAs } from './installed.ts';

const QUEUE = 'bench';
const POOL = 10;

interface Job {
  id: string;
  output?: { text?: unknown };
}

interface Boss {
  on(event: 'error', listener: (error: Error) => void): unknown;
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object, options: { id: string }): Promise<string | null>;
  fetch(name: string, options: { batchSize: number }): Promise<Job[]>;
  complete(name: string, ids: string[], output: object): Promise<unknown>;
  getJobById(name: string, id: string): Promise<Job | null>;
  stop(): Promise<void>;
}

interface PgBossPackage {
  PgBoss: new (options: { connectionString: string; max: number }) => Boss;
}

export async function pgBoss(
  server: Pick<TestServer, 'database' | 'drop'>,
  inFlight: number,
  text = TEXT,
): Promise<Contender> {
  const { PgBoss } = await packageAs<PgBossPackage>('pg-boss');
  const url = await server.database();
  const boss = new PgBoss({ connectionString: url, max: POOL });
  boss.on('error', console.error);
  await boss.start();
  await boss.createQueue(QUEUE);
  const waiting = new Waiting();
  const worker = work({ boss, waiting, text }, inFlight);
  return {
    name: 'pg-boss',
    isDurable: true,
    async one() {
      const id = randomUUID();
      const told = waiting.until(id);
      await boss.send(QUEUE, { text }, { id });
      worker.wake();
      await told;
      const job = await boss.getJobById(QUEUE, id);
      check('pg-boss', job?.output?.text, text);
    },
    async close() {
      await worker.idle();
      await boss.stop();
      await server.drop(url);
    },
  };
}

interface Working {
  boss: Boss;
  waiting: Waiting;
  text: string;
}

/** Takes all that is there, and again whatever was sent meanwhile; then it rests until something is sent. */
function work({ boss, waiting, text }: Working, batchSize: number): { wake(): void; idle(): Promise<void> } {
  let wasSent = false;
  let running: Promise<void> | undefined;
  async function run(): Promise<void> {
    while (wasSent) {
      wasSent = false;
      const jobs = await boss.fetch(QUEUE, { batchSize });
      wasSent ||= jobs.length === batchSize;
      const ids = jobs.map(({ id }) => id);
      if (ids.length > 0) {
        await boss.complete(QUEUE, ids, { text });
      }
      for (const id of ids) {
        waiting.tell(id);
      }
    }
    running = undefined;
  }
  return {
    wake() {
      wasSent = true;
      running ??= run();
    },
    idle: async () => running,
  };
}
