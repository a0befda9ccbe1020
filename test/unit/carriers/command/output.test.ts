/** What a program writes to stdout: whole to the bound, refused beyond it, and never more than that in memory. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Outcome } from '../../../../src/core/ports/index.ts';
import type { Program } from '../../../../src/core/workspace/index.ts';
import { assignmentFor, watched, type Watched } from '../../../../src/testing/carrier-suite.ts';
import { nobodyLeft, residentMb } from './outside.ts';
import { programStage, RESULT_BYTES_MAX } from './stage.ts';

const stage = programStage();
after(async () => {
  await stage.close();
  await nobodyLeft();
  assert.deepEqual(stage.faults, []);
});

async function run(code: string, program: Partial<Program> = {}, told: Watched = watched()): Promise<Outcome> {
  const argv = [process.execPath, '-e', code];
  return stage.carrier.deliver(assignmentFor(stage.script('', { argv, ...program })), told);
}

function textOf(outcome: Outcome): string {
  assert.ok(outcome.kind === 'completed', JSON.stringify(outcome).slice(0, 300));
  return outcome.output.text;
}

function assertTooLarge(outcome: Outcome): void {
  assert.ok(outcome.kind === 'failed' && outcome.reason === 'result_too_large', JSON.stringify(outcome).slice(0, 300));
}

/** What this process grew by while it went on, at its largest. */
async function growthMb(work: Promise<unknown>): Promise<number> {
  const before = residentMb();
  let most = before;
  const look = setInterval(() => {
    most = Math.max(most, residentMb());
  }, 5);
  await work;
  clearInterval(look);
  return most - before;
}

const floodOf = (piece: string): string =>
  `const piece = Buffer.from(${piece}); const go = () => { while (process.stdout.write(piece)); process.stdout.once('drain', go) }; go()`;
const gigabyteOf = (piece: string): string =>
  `let left = 1e9; const piece = Buffer.from(${piece}); const go = () => { while (left > 0) { left -= piece.length; if (!process.stdout.write(piece)) { process.stdout.once('drain', go); return } } }; go()`;

describe('C19: a text', () => {
  test('is whole to the last byte of the bound', async () => {
    const text = textOf(await run(`process.stdout.write('x'.repeat(${RESULT_BYTES_MAX}))`));
    assert.equal(text, 'x'.repeat(RESULT_BYTES_MAX));
  });

  test('of one byte more is too large', async () => {
    assertTooLarge(await run(`process.stdout.write('x'.repeat(${RESULT_BYTES_MAX + 1}))`));
  });

  test('of a gigabyte ends the program and costs no memory', { timeout: 60_000 }, async () => {
    const outcome = run(gigabyteOf(`'x'.repeat(65536)`));
    const growth = await growthMb(outcome);
    assertTooLarge(await outcome);
    assert.ok(growth < 60, `${growth} MB`);
  });

  test('in a hundred thousand pieces costs no more than what it says', { timeout: 60_000 }, async () => {
    const code = `const { writeSync } = require('node:fs'); for (let i = 0; i < ${RESULT_BYTES_MAX}; i += 1) writeSync(1, 'x')`;
    const outcome = run(code);
    const growth = await growthMb(outcome);
    assert.equal(textOf(await outcome).length, RESULT_BYTES_MAX);
    assert.ok(growth < 30, `${growth} MB`);
  });

  test('keeps characters that come in two pieces, and shows what is none', async () => {
    const halves = `process.stdout.write(Buffer.from([0xf0, 0x9f])); setTimeout(() => process.stdout.write(Buffer.from([0x91, 0xa9])), 30)`;
    assert.equal(textOf(await run(halves)), '👩');
    assert.equal(
      textOf(await run(`process.stdout.write(Buffer.from([0x61, 0xff, 0xfe, 0x62]))`)),
      'a\u{FFFD}\u{FFFD}b',
    );
    assert.equal(textOf(await run(`process.stdout.write(Buffer.from([0x61, 0xf0, 0x9f, 0x91]))`)), 'a\u{FFFD}');
  });

  test('is whole although this process was busy when the program ended', async () => {
    const told = watched();
    const size = RESULT_BYTES_MAX;
    // A child that keeps the pipe open, so that its end says nothing of what is still in it.
    const code = `
      require('node:child_process').spawn('setsid', ['sleep', '30'], { stdio: ['ignore', 'inherit', 'ignore'] }).once('spawn', () => {
        process.stderr.write('now'); process.stdin.once('data', () => { require('node:fs').writeSync(1, 'x'.repeat(${size})); process.exit(0) })
      })`;
    const outcome = run(code, {}, told);
    await told.alive;
    busy(1500);
    assert.equal(textOf(await outcome).length, size);
  });
});

/** Nothing of this process goes on meanwhile. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  let now = 0;
  while (now < until) {
    now = performance.now();
  }
}

describe('C19: lines of a dialect', () => {
  const dialect = 'errand';
  const result = `console.log(JSON.stringify({ type: 'result', text: 'small' }))`;

  test('may be more than a result, and what they say comes through', async () => {
    const code = `const line = JSON.stringify({ type: 'progress', message: 'x'.repeat(900), percent: 7 }); for (let i = 0; i < 500; i += 1) console.log(line); ${result}`;
    const told = watched();
    assert.equal(textOf(await run(code, { dialect }, told)), 'small');
    assert.equal(told.progress[0]?.percent, 7);
  });

  test('need no newline at the end', async () => {
    assert.equal(
      textOf(await run(`process.stdout.write(JSON.stringify({ type: 'result', text: 'x' }))`, { dialect })),
      'x',
    );
  });

  test('of plain words, more than a result may have, end the program', async () => {
    const code = `for (let at = 0; at < ${RESULT_BYTES_MAX / 8}; at += 1) console.log('not JSON at all')`;
    assertTooLarge(await run(code, { dialect: 'errand' }));
  });

  test('of which one is longer than a result twice over end the program', async () => {
    assertTooLarge(await run(`console.log('x'.repeat(${RESULT_BYTES_MAX * 2 + 1})); ${result}`, { dialect }));
  });

  for (const [what, piece] of [
    ['lines of JSON', `(JSON.stringify({ type: 'progress', message: 'm'.repeat(50) }) + '\\n').repeat(800)`],
    ['one line', `'x'.repeat(65536)`],
    ['empty lines', `'\\n'.repeat(65536)`],
    ['lines of two brackets', `'{}\\n'.repeat(22000)`],
  ] as const) {
    test(`of a gigabyte end the program and cost no memory: ${what}`, { timeout: 100_000 }, async () => {
      const outcome = run(gigabyteOf(piece), { dialect });
      const growth = await growthMb(outcome);
      assertTooLarge(await outcome);
      assert.ok(growth < 80, `${growth} MB`);
    });
  }

  test('of many that flood leave an honest program its time, and this process, too', { timeout: 60_000 }, async () => {
    const floods = Array.from({ length: 8 }, () => {
      const told = watched();
      return { told, outcome: run(floodOf(`'{"type":"progress"}\\n'.repeat(3000)`), { dialect }, told) };
    });
    await Promise.all(floods.map(async ({ told }) => told.alive));
    const used = process.cpuUsage();
    const began = performance.now();
    for (let round = 0; round < 3; round += 1) {
      const code = `for (let i = 0; i < 100; i += 1) console.log(JSON.stringify({ type: 'progress', percent: i })); ${result}`;
      assert.equal(textOf(await run(code, { dialect })), 'small');
    }
    const { user, system } = process.cpuUsage(used);
    const share = (user + system) / 1000 / (performance.now() - began);
    const kinds = await Promise.all(
      floods.map(async ({ told, outcome }) => {
        told.stop('cancelled');
        return (await outcome).kind;
      }),
    );
    assert.ok(
      kinds.every((kind) => kind === 'cancelled' || kind === 'failed'),
      kinds.join(', '),
    );
    assert.ok(share < 0.5, `${share} of the time`);
  });

  test('without end leave this process its time', { timeout: 60_000 }, async () => {
    for (const piece of [`'{}\\n'.repeat(22000)`, `'\\n'.repeat(65536)`, `'{"type":"progress"}\\n'.repeat(3000)`]) {
      const told = watched();
      const outcome = run(floodOf(piece), { dialect }, told);
      await told.alive;
      const late: number[] = [];
      const used = process.cpuUsage();
      const began = performance.now();
      while (late.length < 40) {
        const from = performance.now();
        await new Promise((resolve) => {
          setTimeout(resolve, 10);
        });
        late.push(performance.now() - from - 10);
      }
      const { user, system } = process.cpuUsage(used);
      const share = (user + system) / 1000 / (performance.now() - began);
      told.stop('cancelled');
      await outcome;
      const middle = late.toSorted((left, right) => left - right)[20] ?? 0;
      assert.ok(share < 0.5 && middle < 10, `${piece}: ${share} of the time, ${middle} ms late`);
    }
  });
});
