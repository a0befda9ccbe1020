/**
 * A program that is woken and does what the test says: it tells what it was given, and ends as it is told to.
 */
import { env } from 'node:process';
import { text } from 'node:stream/consumers';

if (process.argv.includes('stubborn')) {
  process.on('SIGTERM', () => {});
}
if (process.argv.includes('polite')) {
  process.on('SIGTERM', () => process.exit(0));
}
const turn = process.argv.includes('deaf') ? '' : await text(process.stdin);
const answer = await fetch(env['CONTROL'] ?? '', {
  method: 'POST',
  body: JSON.stringify({
    turn,
    given: process.argv.slice(2),
    pid: process.pid,
    notices: env['ERRAND_NOTICES'],
    folder: process.cwd(),
  }),
});
const how = await answer.text();
if (how === 'killed') {
  process.kill(process.pid, 'SIGKILL');
} else {
  process.exitCode = Number(how);
}
