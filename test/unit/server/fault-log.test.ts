import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultLog } from '../../../src/server/fault-log.ts';
import { ManualClock } from '../../support/clock.ts';

function opened() {
  const clock = new ManualClock();
  const lines: { message: string; repeated?: number }[] = [];
  const log = new FaultLog(clock, (line) => void lines.push(JSON.parse(line) as { message: string }));
  return { clock, lines, log };
}

test('a fault is said at once, with where it came from and why', () => {
  const { lines, log } = opened();
  log.say(new Error('it broke', { cause: new Error('the disk') }));
  assert.match(lines[0]?.message ?? '', /^Error: it broke\n +at .*\nbecause: Error: the disk/su);
});

test('a fault that comes again and again is said once a second, with how often it came', () => {
  const { clock, lines, log } = opened();
  for (let index = 0; index < 1000; index += 1) {
    log.say(new Error('away'));
  }
  log.say(new Error('another'));
  assert.equal(lines.length, 2);
  clock.advance(1000);
  assert.deepEqual(lines.slice(2), [{ level: 'error', message: 'Error: away', repeated: 999 }]);
  clock.advance(1000);
  assert.equal(lines.length, 3, 'nothing is said of what did not come again');
  log.say(new Error('away'));
  assert.equal(lines.length, 4);
});
