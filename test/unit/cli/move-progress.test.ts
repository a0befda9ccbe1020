/**
 * How far a move is, as it is shown: on a terminal, in a file.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MoveProgress, type Screen } from '../../../src/cli/move-progress.ts';
import { Out } from '../../../src/cli/out.ts';
import { ManualClock } from '../../support/clock.ts';

const CLEAR = '\r\u001B[K';

function shownOn(screen: Partial<Screen>): string[] {
  const written: string[] = [];
  const clock = new ManualClock();
  const progress = new MoveProgress(new Out(false), clock, { ...screen, write: (text) => written.push(text) });
  for (let done = 0; done <= 12_000; done += 100) {
    progress.tell({ step: done < 6000 ? 'moving' : 'comparing', kind: 'event', done, of: 12_000 });
    clock.advance(50);
  }
  progress.end();
  return written;
}

describe('the progress of a move', () => {
  test('is one line on a terminal that is written over and cleared at the end, never wider than the screen', () => {
    const written = shownOn({ isTTY: true, columns: 30 });
    assert.ok(written.length > 20);
    for (const line of written) {
      assert.ok(line.startsWith(CLEAR) && line.length < CLEAR.length + 30, JSON.stringify(line));
      assert.doesNotMatch(line.slice(CLEAR.length), /[\r\n]/u);
    }
    assert.equal(written.at(-1), CLEAR);
  });

  test('is a line now and then in a file, with the speed and what is left', () => {
    const written = shownOn({});
    assert.deepEqual(written, [
      'moving event: 0 of 12,000\n',
      'moving event: 4,000 of 12,000, 2,000/s, about 4.0 s left\n',
      'comparing event: 6,000 of 12,000\n',
      'comparing event: 10,000 of 12,000, 2,000/s, about 1.0 s left\n',
    ]);
  });
});
