/**
 * graphile-worker, as its page on performance sets it up: jobs taken into a local queue, completions sent together.
 *
 * It keeps no results, so the task writes its own into a table, and tells the one who asks as soon as it is there; the
 * completion of the job itself comes after that and nobody waits for it.
 */
import pg from 'pg';
import type { TestServer } from '../../test/support/postgres.ts';
import { check, TEXT, Waiting, type Contender } from './contender.ts';
import { packageAs } from './installed.ts';

const POOL = 10;

type Task = (payload: { id: number }, helpers: { query(text: string, values: unknown[]): Promise<unknown> }) => unknown;

interface Runner {
  addJob(name: string, payload: object): Promise<unknown>;
  stop(): Promise<void>;
}

interface GraphileWorker {
  Logger: new (factory: () => () => void) => object;
  run(options: {
    pgPool: pg.Pool;
    noHandleSignals: boolean;
    parsedCronItems: [];
    taskList: Record<string, Task>;
    preset: { worker: object };
  }): Promise<Runner>;
}

export async function graphileWorker(server: TestServer, inFlight: number): Promise<Contender> {
  const { Logger, run } = await packageAs<GraphileWorker>('graphile-worker');
  const connectionString = await server.database();
  const pgPool = new pg.Pool({ connectionString, max: POOL });
  pgPool.on('error', console.error);
  pgPool.on('connect', (client) => client.on('error', console.error));
  await pgPool.query('CREATE TABLE kept (id bigint PRIMARY KEY, text text NOT NULL)');
  const waiting = new Waiting();
  const runner = await run({
    pgPool,
    noHandleSignals: true,
    parsedCronItems: [],
    taskList: {
      async noop({ id }, helpers) {
        await helpers.query('INSERT INTO kept VALUES ($1, $2)', [id, TEXT]);
        waiting.tell(String(id));
      },
    },
    preset: {
      worker: {
        concurrentJobs: inFlight,
        localQueue: { size: inFlight + 1 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger: new Logger(() => () => {}),
      },
    },
  });
  let count = 0;
  return {
    name: 'graphile-worker',
    isDurable: true,
    async one() {
      count += 1;
      const id = count;
      const told = waiting.until(String(id));
      await runner.addJob('noop', { id, text: TEXT });
      await told;
      const read = { name: 'read', text: 'SELECT text FROM kept WHERE id = $1', values: [id] };
      const { rows } = await pgPool.query<{ text: string }>(read);
      check('graphile-worker', rows[0]?.text);
    },
    async close() {
      await runner.stop();
      await pgPool.end();
      await server.drop(connectionString);
    },
  };
}
