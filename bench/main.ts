/**
 * `npm run bench -- [NAME|all] [--engine sqlite|postgres] [--rounds N] [--quick] [--json]`, where NAME is one of `BENCHES`:
 * what is measured, how, and against what.
 *
 * Durable commits, one delegation per call from the client's view, medians of several rounds with their spread. The
 * yardstick runs in the same rounds on the same machine, because only ratios travel. `all` is everything but `jobs`
 * and `background`, which install other people's queues first.
 */
import { parseArgs } from 'node:util';
import { openSyncedServer, type TestServer } from '../test/support/postgres.ts';
import { conditions } from './conditions.ts';
import { benchAgents } from './agents.ts';
import { benchBackground } from './background.ts';
import { benchEngine } from './engine-rounds.ts';
import { printed, type Figure } from './figure.ts';
import { benchHandles } from './handles.ts';
import { benchHostile } from './hostile.ts';
import { benchHttp } from './http.ts';
import { benchIdleAgents } from './idle-agents.ts';
import { benchJobs } from './jobs/rounds.ts';
import type { Plan } from './plan.ts';
import { benchPrograms } from './programs.ts';
import { benchQueued } from './queued.ts';
import { benchReplicas } from './replicas.ts';
import { benchWaiting } from './waiting.ts';
import { benchDesk } from './desk.ts';
import { benchTools } from './tools.ts';
import { postgresConditions, postgresStore } from './stores/postgres.ts';
import { sqliteStore } from './stores/sqlite.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'sqlite' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const [what = 'all'] = positionals;
const plan: Plan = {
  rounds: Number(values.rounds),
  quick: values.quick,
  tell(line) {
    if (!values.json) {
      console.log(line);
    }
  },
};

type Bench = (server: () => TestServer) => Promise<Figure[]>;

const BENCHES: Readonly<Record<string, Bench>> = {
  engine: async (server) =>
    values.engine === 'postgres'
      ? benchEngine({ ...plan, openStore: async () => postgresStore(server()) })
      : benchEngine({ ...plan, openStore: sqliteStore, least: 8000 }),
  http: async () => benchHttp(plan),
  queued: async () => benchQueued(plan),
  handles: async () => benchHandles(plan),
  tools: async () => [...(await benchTools(plan)), ...(await benchDesk(plan)), ...(await benchWaiting(plan))],
  programs: async () => benchPrograms(plan),
  replicas: async (server) => benchReplicas(plan, server()),
  agents: async () => benchAgents(plan),
  'idle-agents': async () => benchIdleAgents(plan),
  hostile: async () => benchHostile(plan),
  jobs: async (server) => benchJobs(plan, server()),
  background: async (server) => benchBackground(plan, server()),
};
const ON_POSTGRES = new Set(['replicas', 'jobs', 'background', 'all']);

const INSTALLS = new Set(['jobs', 'background']);

const chosen = what === 'all' ? Object.keys(BENCHES).filter((name) => !INSTALLS.has(name)) : [what];
const unknown = chosen.find((name) => BENCHES[name] === undefined);
if (unknown !== undefined || !['sqlite', 'postgres'].includes(values.engine)) {
  throw new Error(`There is no bench ${what} on ${values.engine}. There are: all, ${Object.keys(BENCHES).join(', ')}.`);
}

const server =
  ON_POSTGRES.has(what) || values.engine === 'postgres' ? await openSyncedServer(process.env['BENCH_DIR']) : undefined;
try {
  const where = { ...conditions(), ...(server === undefined ? {} : await postgresConditions(server)) };
  for (const [name, value] of Object.entries(where)) {
    plan.tell(`${name}: ${value}`);
  }
  const figures: Figure[] = [];
  for (const name of chosen) {
    figures.push(...((await BENCHES[name]?.(serverOf)) ?? []));
  }
  console.log(values.json ? JSON.stringify({ conditions: where, figures }) : printed(figures));
} finally {
  await server?.close();
}

function serverOf(): TestServer {
  if (server === undefined) {
    throw new Error('This bench has no PostgreSQL.');
  }
  return server;
}
