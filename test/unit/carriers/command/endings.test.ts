/** How a program ends, and what is made of it. */
import assert from 'node:assert/strict';
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Outcome } from '../../../../src/core/ports/index.ts';
import type { Program, Workspace } from '../../../../src/core/workspace/index.ts';
import { assignmentFor, watched } from '../../../../src/testing/carrier-suite.ts';
import { until } from '../../../protocol/support.ts';
import { filesOpen, nobodyLeft } from './outside.ts';
import { programStage } from './stage.ts';

const stage = programStage();
after(async () => {
  await stage.close();
  await nobodyLeft();
  assert.deepEqual(stage.faults, []);
});

async function deliver(callee: Workspace): Promise<Outcome> {
  return stage.carrier.deliver(assignmentFor(callee), watched());
}

async function run(script: string, program: Partial<Program> = {}): Promise<Outcome> {
  return deliver(stage.script(script, program));
}

describe('a program that ends', () => {
  test('with 0 has completed, also without a word', async () => {
    assert.deepEqual(await run('exit 0'), { kind: 'completed', output: { text: '' } });
    assert.deepEqual(await run('echo trouble >&2; printf fine'), { kind: 'completed', output: { text: 'fine' } });
  });

  test('with another code has failed, with its last words and what it had made', async () => {
    const failed = { kind: 'failed', reason: 'callee_failed' };
    const error = 'The program ended with exit code 3: no\nspace left';
    assert.deepEqual(await run('printf half; echo no >&2; printf "space left" >&2; exit 3'), {
      ...{ ...failed, error },
      output: { text: 'half' },
    });
    assert.deepEqual(await run('exit 1'), { ...failed, error: 'The program ended with exit code 1.' });
  });

  test('with 75 is busy', async () => {
    assert.deepEqual(await run('printf half; exit 75'), { kind: 'busy', retryAfterMs: null });
  });

  test('by a signal of its own has failed, and which one it was is said', async () => {
    for (const signal of ['SEGV', 'ABRT', 'PIPE']) {
      const outcome = await run(`kill -${signal} $$`);
      assert.ok(outcome.kind === 'failed' && outcome.error.includes(`ended by SIG${signal}`), JSON.stringify(outcome));
    }
  });

  test('C3: by a signal that others send is unknown: how far it got nobody can say', async () => {
    for (const signal of ['KILL', 'TERM', 'HUP']) {
      assert.deepEqual(await run(`kill -${signal} $$`), {
        ...{ kind: 'unknown', error: `Somebody ended the program (SIG${signal}).` },
      });
    }
  });

  test('having closed its stdout long before has said what it said', async () => {
    assert.deepEqual(await run('printf said; exec 1>&-; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'), {
      ...{ kind: 'completed', output: { text: 'said' } },
    });
  });
});

describe('a program that cannot be started', () => {
  test('because it is missing, or may not be, or is of another machine, may come: unreachable', async () => {
    const text = join(stage.folder, 'text');
    const foreign = join(stage.folder, 'foreign');
    writeFileSync(text, 'x');
    writeFileSync(foreign, 'no program of this machine');
    chmodSync(foreign, 0o755);
    const cases: Partial<Program>[] = [
      { argv: ['/no/such/program'] },
      { argv: ['no-such-program-anywhere'] },
      { argv: [text] },
      { argv: [stage.folder] },
      { argv: [join(text, 'below')] },
      { directory: join(stage.folder, 'no-such') },
    ];
    for (const program of cases) {
      const outcome = await run('echo ran', program);
      assert.ok(outcome.kind === 'unreachable', `${JSON.stringify(program)}: ${JSON.stringify(outcome)}`);
      assert.match(outcome.error, /cannot be started/u);
    }
  });

  test('because its directory went away after it was registered is found once that is back', async () => {
    const directory = join(stage.folder, 'later');
    const callee = stage.script('pwd', { directory });
    assert.equal((await deliver(callee)).kind, 'unreachable');
    mkdirSync(directory);
    assert.equal((await deliver(callee)).kind, 'completed');
  });

  test('because its words are too many or hold what no argument can is refused for good', async () => {
    for (const argv of [
      ['/bin/echo', 'x'.repeat(3_000_000)],
      ['/bin/echo', 'a\0b'],
    ]) {
      const outcome = await run('', { argv });
      assert.ok(outcome.kind === 'failed' && outcome.reason === 'rejected', JSON.stringify(outcome));
    }
  });

  test('because there is none in its seat is unreachable', async () => {
    assert.equal((await deliver({ ...stage.script(''), program: null })).kind, 'unreachable');
  });

  test(
    'because no more files can be opened is tried again, and works once there is room',
    { timeout: 60_000 },
    async () => {
      const callee = stage.script('printf room');
      await deliver(callee);
      const held: number[] = [];
      try {
        for (;;) {
          held.push(openSync('/dev/null', 'r'));
        }
      } catch {
        // Full.
      }
      const outcome = await deliver(callee);
      for (const fd of held) {
        closeSync(fd);
      }
      assert.equal(outcome.kind, 'unreachable', JSON.stringify(outcome));
      assert.deepEqual(await deliver(callee), { kind: 'completed', output: { text: 'room' } });
    },
  );
});

test('many programs leave no file open, whether they began or not', async () => {
  const good = stage.script('printf x');
  const missing = stage.script('', { argv: ['/no/such'] });
  const large = stage.script('', { argv: ['/bin/echo', 'x'.repeat(3_000_000)] });
  await deliver(good);
  const before = filesOpen();
  for (let round = 0; round < 20; round += 1) {
    await Promise.all([deliver(good), deliver(missing), deliver(large)]);
  }
  await until('the files are closed', () => filesOpen() <= before);
});
