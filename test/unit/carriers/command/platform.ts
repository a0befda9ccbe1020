/**
 * A platform as its programs see it, in a process of its own that a test can kill: a carrier, and programs at work.
 *
 * Started with a folder and scripts; says `ready` when all of them have said something. With `endless` it starts the
 * first of them again and again. On SIGTERM it closes its carrier and ends.
 */
import { commandCarrier } from '../../../../src/carriers/command/carrier.ts';
import { systemClock } from '../../../../src/server/clock.ts';
import { assignmentFor, calleeAt, watched } from '../../../../src/testing/carrier-suite.ts';

const [folder = '/', manner = '', ...scripts] = process.argv.slice(2);
const carrier = commandCarrier({
  clock: systemClock,
  resultBytesMax: 1000,
  platformUrl: Promise.resolve('http://127.0.0.1:1'),
  environment: process.env,
  onFault: (error) => console.error(error),
});

async function run(script: string): Promise<void> {
  const program = { argv: ['/bin/sh', '-c', script], shell: false, directory: folder, environment: [] };
  const rest = { input: 'text', dialect: 'text', graceMs: 500 } as const;
  const told = watched();
  const callee = calleeAt({ carrier: 'command', program: { ...program, ...rest } });
  void carrier.deliver(assignmentFor(callee), told);
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (manner === 'endless' || told.progress.length > 0) {
        clearInterval(look);
        resolve();
      }
    }, 1);
  });
}

process.once('SIGTERM', () => void carrier.close());
// Timers of the carrier keep nothing alive; this does until it is told to stop.
const alive = setInterval(() => {}, 1000);
process.once('SIGTERM', () => clearInterval(alive));
await Promise.all(scripts.map(run));
console.log('ready');

async function again(script: string): Promise<void> {
  await run(script);
  await again(script);
}

if (manner === 'endless') {
  await again(scripts[0] ?? '');
}
