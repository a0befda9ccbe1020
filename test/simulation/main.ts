/**
 * `npm run sim -- [--seeds N] [--from S] [--engine memory|sqlite|postgres] [--shared] [--json]`; `SEED=n` replays one
 * with its trace. With `--shared` several platforms run over one store, as they always do over PostgreSQL.
 */
import { parseArgs } from 'node:util';
import { openServer } from '../support/postgres.ts';
import { run, runOne, type Running } from './runner.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'memory' },
    shared: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const engine: Running['engine'] = values.engine === 'sqlite' || values.engine === 'postgres' ? values.engine : 'memory';
const server = engine === 'postgres' ? await openServer() : undefined;
const setting = { engine, isShared: values.shared, ...(server === undefined ? {} : { server }) };
const only = process.env['SEED'];
if (only === undefined) {
  const summary = await run({
    ...setting,
    from: Number(values.from),
    seeds: Number(values.seeds ?? (engine === 'postgres' ? 20 : 2000)),
    onProgress: values.json ? undefined : (line) => console.log(line),
  });
  console.log(values.json ? JSON.stringify(summary) : summary.text);
  process.exitCode = summary.failed === 0 ? 0 : 1;
} else {
  const outcome = await runOne(Number(only), setting);
  console.log(outcome.trace.join('\n'));
  console.log(`seed ${only}, trace ${outcome.traceHash}, ${outcome.accepted} accepted`);
  console.log(outcome.complaints.length === 0 ? 'no invariant broken' : outcome.complaints.join('\n'));
  process.exitCode = outcome.complaints.length === 0 ? 0 : 1;
}
await server?.close();
