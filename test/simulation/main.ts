/**
 * `npm run sim -- [--seeds N] [--from S] [--engine memory|sqlite] [--json]`; `SEED=n` replays one with its trace.
 */
import { parseArgs } from 'node:util';
import { run, runOne } from './runner.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'memory' },
    json: { type: 'boolean', default: false },
  },
});

const engine = values.engine === 'sqlite' ? 'sqlite' : 'memory';
const only = process.env['SEED'];
if (only === undefined) {
  const summary = await run({
    from: Number(values.from),
    seeds: Number(values.seeds),
    engine,
    onProgress: values.json ? undefined : (line) => console.log(line),
  });
  console.log(values.json ? JSON.stringify(summary) : summary.text);
  process.exitCode = summary.failed === 0 ? 0 : 1;
} else {
  const outcome = await runOne(Number(only), engine);
  console.log(outcome.trace.join('\n'));
  console.log(`seed ${only}, trace ${outcome.traceHash}, ${outcome.accepted} accepted`);
  console.log(outcome.complaints.length === 0 ? 'no invariant broken' : outcome.complaints.join('\n'));
  process.exitCode = outcome.complaints.length === 0 ? 0 : 1;
}
