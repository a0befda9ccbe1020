/** Told to stop, a program and all that it started are gone: whatever they do about it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { until } from '../../../protocol/support.ts';
import type { Outcome, StopReason } from '../../../../src/core/ports/index.ts';
import { assignmentFor, watched } from '../../../../src/testing/carrier-suite.ts';
import { filesOpen, marked, nobodyLeft } from './outside.ts';
import { programStage, type ProgramStage } from './stage.ts';

const stage = programStage();
after(async () => {
  await stage.close();
  await nobodyLeft();
  assert.deepEqual(stage.faults, []);
});

/** Stops it once it has said that it is ready. */
async function stopped(script: string, given: { graceMs?: number; reason?: StopReason } = {}): Promise<Outcome> {
  const told = watched();
  const callee = stage.script(script, { graceMs: given.graceMs ?? 300 });
  const outcome = stage.carrier.deliver(assignmentFor(callee), told);
  await until('it is ready', () => told.progress.some(({ message }) => message === 'ready'));
  told.stop(given.reason ?? 'cancelled');
  return outcome;
}

const STAYS = 'while :; do sleep 0.02; done';
const CASES: Record<string, string> = {
  'stops when it is told': `trap 'exit 0' TERM; echo ready >&2; ${STAYS}`,
  'ignores it': `trap '' TERM; echo ready >&2; ${STAYS}`,
  'ignores it, and so does its child': `trap '' TERM; (trap '' TERM; ${STAYS}) & echo ready >&2; wait; ${STAYS}`,
  'has stopped itself': `echo ready >&2; kill -STOP $$; ${STAYS}`,
  'has stopped itself and all its children': `sleep 60 & sleep 60 & echo ready >&2; kill -STOP 0; ${STAYS}`,
  'forks and waits': `sleep 60 & sleep 60 | sleep 60 & echo ready >&2; wait`,
  'has a child in a session of its own': `setsid sleep 60 & echo ready >&2; ${STAYS}`,
  'has a grandchild in a session of its own that ignores it': `(setsid sh -c "trap '' TERM; while :; do sleep 0.05; done" &) ; echo ready >&2; ${STAYS}`,
  'goes on writing': `trap 'echo still here >&2; echo and here' TERM; echo ready >&2; while :; do echo more >&2; echo ready >&2; done`,
};

describe('C9, C17: a program that', () => {
  for (const [what, script] of Object.entries(CASES)) {
    test(`${what} is cancelled, and nobody is left`, { timeout: 20_000 }, async () => {
      const outcome = await stopped(script);
      assert.equal(outcome.kind, 'cancelled', JSON.stringify(outcome));
      await nobodyLeft();
    });
  }

  test('is let go without a word is gone all the same', { timeout: 20_000 }, async () => {
    for (const reason of ['shutdown', 'overtaken'] as const) {
      const began = performance.now();
      const outcome = await stopped(`trap '' TERM; echo ready >&2; ${STAYS}`, { reason, graceMs: 200 });
      assert.equal(outcome.kind, 'unknown');
      assert.ok(performance.now() - began < 1000);
      await nobodyLeft();
    }
  });

  test('stopped has what it made by then kept', async () => {
    const outcome = await stopped(`printf half; trap 'printf " and a rest"; exit 0' TERM; echo ready >&2; ${STAYS}`);
    assert.deepEqual(outcome, { kind: 'cancelled', output: { text: 'half and a rest' } });
  });

  test('is told once, however often and for whatever reason it is stopped', async () => {
    const own = programStage();
    const told = watched();
    const script = `trap 'echo told >> told' TERM; echo ready >&2; ${STAYS}`;
    const outcome = own.carrier.deliver(assignmentFor(own.script(script, { graceMs: 500 })), told);
    await until('it is ready', () => told.progress.some(({ message }) => message === 'ready'));
    told.stop('shutdown');
    await own.carrier.close();
    assert.equal((await outcome).kind, 'unknown');
    assert.ok(own.has('told', 'told') && !own.has('told', 'told\ntold'));
    await own.close();
  });

  test('had ended before it was told has completed', async () => {
    const told = watched();
    // A child holds the pipe, so that the end of the program is known before the end of its output.
    const callee = stage.script('setsid sleep 20 & echo > forked; printf done; exit 0');
    const outcome = stage.carrier.deliver(assignmentFor(callee), told);
    await told.alive;
    await until('its leader has ended', () => stage.has('forked') && marked().length === 1);
    // And this process has been told of it.
    await turn();
    await turn();
    told.stop('cancelled');
    assert.deepEqual(await outcome, { kind: 'completed', output: { text: 'done' } });
    await nobodyLeft();
  });

  test('ends at the very moment in which it is stopped has one ending or the other', { timeout: 60_000 }, async () => {
    const kinds = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const told = watched();
      const outcome = stage.carrier.deliver(assignmentFor(stage.script('printf x')), told);
      setTimeout(() => told.stop('cancelled'), round % 12);
      const { kind } = await outcome;
      assert.ok(['completed', 'cancelled', 'unknown'].includes(kind), kind);
      kinds.add(kind);
    }
    assert.ok(kinds.size > 1, [...kinds].join(', '));
    await nobodyLeft();
  });
});

describe('C17: a program that has ended', () => {
  for (const [what, script] of [
    ['a child that holds its pipes', 'sleep 60 & printf done'],
    ['a child in a session of its own that holds its pipes', 'setsid sleep 60 & printf done'],
    ['one forked twice into a session of its own', '(setsid sh -c "sleep 60 & sleep 60" &) ; printf done'],
    ['one that hides its name', '(setsid perl -e \'$0 = "x" x 5; sleep 60\' &) ; printf done'],
  ] as const) {
    test(`has its result within a second, and nobody is left of ${what}`, { timeout: 20_000 }, async () => {
      const began = performance.now();
      const outcome = await stage.carrier.deliver(assignmentFor(stage.script(script)), watched());
      const took = performance.now() - began;
      assert.deepEqual(outcome, { kind: 'completed', output: { text: 'done' } });
      assert.ok(took < 1000, `${took} ms`);
      await nobodyLeft();
    });
  }

  test(
    'leaves nobody of the two hundred that it forked, each in a session of its own',
    { timeout: 60_000 },
    async () => {
      const script = 'i=0; while [ $i -lt 200 ]; do setsid sleep 60 > /dev/null 2>&1 & i=$((i+1)); done; printf done';
      const outcome = await stage.carrier.deliver(assignmentFor(stage.script(script)), watched());
      assert.deepEqual(outcome, { kind: 'completed', output: { text: 'done' } });
      await nobodyLeft();
    },
  );

  test('has its result within a second, whoever goes on writing into its pipes', { timeout: 20_000 }, async () => {
    for (const dialect of ['text', 'errand'] as const) {
      const began = performance.now();
      const script = `printf done; setsid sh -c "sleep 0.05; yes '{}'" & setsid sh -c "sleep 0.05; yes >&2" & exit 0`;
      const outcome = await stage.carrier.deliver(assignmentFor(stage.script(script, { dialect })), watched());
      assert.ok(performance.now() - began < 1500);
      assert.ok(outcome.kind === 'failed' || outcome.kind === 'completed', outcome.kind);
      await nobodyLeft();
    }
  });

  test('leaves nobody of those who go on forking and ending', { timeout: 60_000 }, async () => {
    const hop = '[ "$1" -gt 400 ] || { setsid sh hop.sh $(($1+1)) & }';
    const script = `cat > hop.sh <<'E'\n${hop}\nE\nsetsid sh hop.sh 0 > /dev/null 2>&1 & printf done`;
    await stage.carrier.deliver(assignmentFor(stage.script(script)), watched());
    await nobodyLeft();
  });

  test('leaves the programs of its neighbours alone', async () => {
    const told = watched();
    const neighbour = stage.carrier.deliver(assignmentFor(stage.script(`echo ready >&2; ${STAYS}`)), told);
    await told.alive;
    const other = programStage();
    await other.carrier.deliver(assignmentFor(other.script('setsid sleep 60 & exit 0')), watched());
    await other.close();
    assert.ok(marked().length > 0, 'the other carrier of this process has closed, and this one goes on');
    told.stop('cancelled');
    assert.equal((await neighbour).kind, 'cancelled');
    await nobodyLeft();
  });
});

describe('many programs', () => {
  test('at once keep their results apart', { timeout: 60_000 }, async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        stage.carrier.deliver(assignmentFor(stage.script('cat'), { task: `task ${index}` }), watched()),
      ),
    );
    for (const [index, outcome] of outcomes.entries()) {
      assert.deepEqual(outcome, { kind: 'completed', output: { text: `task ${index}` } });
    }
    await nobodyLeft();
  });

  test('are gone when the carrier has closed, with its files and its keeper', { timeout: 60_000 }, async () => {
    const before = filesOpen();
    for (const script of [`echo ready >&2; ${STAYS}`, `trap '' TERM; setsid sleep 60 & echo ready >&2; ${STAYS}`]) {
      const own: ProgramStage = programStage();
      const told = Array.from({ length: 10 }, () => watched());
      const outcomes = told.map(async (one) =>
        own.carrier.deliver(assignmentFor(own.script(script, { graceMs: 60_000 })), one),
      );
      await Promise.all(told.map(async (one) => one.alive));
      const began = performance.now();
      await own.close();
      assert.ok(performance.now() - began < 8000);
      assert.deepEqual(own.faults, []);
      assert.equal((await Promise.all(outcomes)).length, 10);
      const late = await own.carrier.deliver(assignmentFor(stage.script('printf late')), watched());
      assert.equal(late.kind, 'unknown');
    }
    await nobodyLeft();
    await until('the files are closed', () => filesOpen() <= before + 1);
  });
});
