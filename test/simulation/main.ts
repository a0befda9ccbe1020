/**
 * `npm run sim -- [--seeds N] [--from S] [--engine memory|sqlite|postgres] [--shared] [--json]`; `SEED=n` replays one
 * with its trace. With `--shared` several platforms run over one store, as they always do over PostgreSQL. With
 * `--background` it is background delegation inside one process that is driven, over memory or SQLite.
 */
import { parseArgs } from 'node:util';
import { openServer } from '../support/postgres.ts';
import { runBackground } from './background/runner.ts';
import { simulateBackground } from './background/simulate.ts';
import { run, runOne, type Running } from './runner.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'memory' },
    shared: { type: 'boolean', default: false },
    background: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const engine: Running['engine'] = values.engine === 'sqlite' || values.engine === 'postgres' ? values.engine : 'memory';
const store = engine === 'sqlite' ? engine : 'memory';
const server = engine === 'postgres' ? await openServer() : undefined;
const setting = { engine, isShared: values.shared, ...(server === undefined ? {} : { server }) };
const only = process.env['SEED'];
if (only === undefined) {
  const running = {
    from: Number(values.from),
    seeds: Number(values.seeds ?? (engine === 'postgres' ? 20 : 2000)),
    onProgress: values.json ? undefined : (line: string) => console.log(line),
  };
  const summary = await (values.background ? runBackground({ ...running, store }) : run({ ...setting, ...running }));
  console.log(values.json ? JSON.stringify(summary) : summary.text);
  process.exitCode = summary.failed === 0 ? 0 : 1;
} else {
  const outcome = await (values.background
    ? simulateBackground(Number(only), { store })
    : runOne(Number(only), setting));
  console.log(outcome.trace.join('\n'));
  console.log(`seed ${only}, trace ${outcome.traceHash}, ${outcome.accepted} accepted`);
  console.log(outcome.complaints.length === 0 ? 'no invariant broken' : outcome.complaints.join('\n'));
  process.exitCode = outcome.complaints.length === 0 ? 0 : 1;
}
await server?.close();
