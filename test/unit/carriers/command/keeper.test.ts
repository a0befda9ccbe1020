/** However a platform ends, its programs end with it, and nobody else's do. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../protocol/support.ts';
import { assignmentFor, watched } from '../../../../src/testing/carrier-suite.ts';
import { isAlive, keepers, marked, nobodyLeft } from './outside.ts';
import { programStage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'errand-keeper-'));
const started = new Set<ChildProcess>();
after(() => {
  for (const child of started) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true });
});

const STAYS = 'echo ready >&2; while :; do sleep 0.05; done';
const IGNORES = `trap '' TERM HUP INT; ${STAYS}`;
const LEAVES = `setsid sh -c "trap '' TERM; while :; do sleep 0.05; done" & ${STAYS}`;

interface Platform {
  child: ChildProcess;
  pid: number;
  mark: string;
}

async function platform(scripts: readonly string[], manner = 'once'): Promise<Platform> {
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'platform.ts'), folder, manner];
  const child = spawn(process.execPath, [...args, ...scripts], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') {
      break;
    }
  }
  const pid = child.pid ?? 0;
  return { child, pid, mark: `ERRAND_RUN=${pid}.` };
}

async function end({ child }: Platform, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function noKeeper(pid: number): Promise<void> {
  await until('its keeper is gone', () => keepers(pid).length === 0);
}

describe('C17: a platform that is killed', () => {
  test('takes its programs along, also those that ignore it, and those that left', { timeout: 60_000 }, async () => {
    const killed = await platform([STAYS, IGNORES, LEAVES]);
    assert.ok(marked(killed.mark).length >= 4);
    assert.equal(keepers(killed.pid).length, 1);
    await end(killed, 'SIGKILL');
    await nobodyLeft(killed.mark);
    await noKeeper(killed.pid);
  });

  test('while it starts programs leaves none, whatever the moment', { timeout: 110_000 }, async () => {
    for (let round = 0; round < 16; round += 1) {
      const killed = await platform(['exec sleep 60'], 'endless');
      await pause(Math.random() * 30);
      await end(killed, 'SIGKILL');
      await nobodyLeft(killed.mark);
      await noKeeper(killed.pid);
    }
  });

  test('after its keeper was killed leaves none: another had taken its place', { timeout: 60_000 }, async () => {
    const killed = await platform([STAYS, IGNORES]);
    for (let round = 0; round < 3; round += 1) {
      const [keeper = 0] = keepers(killed.pid);
      process.kill(keeper, 'SIGKILL');
      await until('there is another', () => keepers(killed.pid).some((pid) => pid !== keeper));
    }
    assert.ok(marked(killed.mark).length >= 2);
    await end(killed, 'SIGKILL');
    await nobodyLeft(killed.mark);
  });

  test('together with its keeper has its programs ended by the next', { timeout: 60_000 }, async () => {
    const killed = await platform([STAYS, IGNORES, LEAVES]);
    const lives = await platform([STAYS]);
    process.kill(killed.pid, 'SIGSTOP');
    process.kill(keepers(killed.pid)[0] ?? 0, 'SIGKILL');
    await end(killed, 'SIGKILL');
    assert.ok(marked(killed.mark).length >= 4, 'nobody is there to end them');
    const next = programStage();
    const seen = await next.carrier.deliver(assignmentFor(next.script('printf first')), watched());
    assert.deepEqual(seen, { kind: 'completed', output: { text: 'first' } });
    assert.deepEqual(marked(killed.mark), []);
    assert.ok(marked(lives.mark).length > 0, 'those of a platform that lives are left alone');
    await next.close();
    await end(lives, 'SIGTERM');
  });
});

describe('C17: a platform that stops', () => {
  test('leaves neither programs nor a keeper', { timeout: 60_000 }, async () => {
    const gone = await platform([STAYS, IGNORES, LEAVES, 'exec yes >&2']);
    await end(gone, 'SIGTERM');
    assert.deepEqual([...marked(gone.mark), ...keepers(gone.pid)], []);
  });

  test('leaves the programs of others alone, killed or not', { timeout: 60_000 }, async () => {
    const [lives, killed, stops] = await Promise.all([platform([STAYS, LEAVES]), platform([STAYS]), platform([STAYS])]);
    const before = marked(lives.mark);
    await end(stops, 'SIGTERM');
    await end(killed, 'SIGKILL');
    await nobodyLeft(killed.mark);
    await noKeeper(killed.pid);
    const left = marked(lives.mark).filter((pid) => before.includes(pid));
    assert.ok(left.length >= 3, `${before.length} before, ${left.length} after`);
    await end(lives, 'SIGTERM');
  });
});

test('C17: what carries the mark of a platform in another container is not ours to end', async (context) => {
  const inside = ['-pf', '--mount-proc', '--kill-child', 'env', 'ERRAND_RUN=4000000.1.1.1', 'sleep', '60'];
  if (spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status !== 0) {
    context.skip('this system lets nobody make a namespace');
    return;
  }
  const container = spawn('unshare', inside, { stdio: 'ignore' });
  started.add(container);
  const [there = 0] = await until('it is there', () => {
    const found = marked('ERRAND_RUN=4000000.1.1.1');
    return found.length > 0 && found;
  });
  const orphan = spawn('sleep', ['60'], { env: { ERRAND_RUN: '4000000.1.1.1' }, stdio: 'ignore' });
  started.add(orphan);
  const gone = once(orphan, 'exit');
  const stage = programStage();
  await stage.carrier.deliver(assignmentFor(stage.script('true')), watched());
  await gone;
  assert.ok(isAlive(there));
  await stage.close();
  container.kill('SIGKILL');
});

test('C17: a keeper that cannot be started is tried again, and nobody waits for it', { timeout: 60_000 }, async () => {
  const stage = programStage();
  const told = watched();
  const outcome = stage.carrier.deliver(assignmentFor(stage.script(STAYS)), told);
  await told.alive;
  const [keeper = 0] = keepers();
  process.kill(keeper, 'SIGKILL');
  const held: number[] = [];
  try {
    for (;;) {
      held.push(openSync('/dev/null', 'r'));
    }
  } catch {
    // Full.
  }
  const used = process.cpuUsage();
  const began = performance.now();
  await pause(500);
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(used);
  for (const fd of held) {
    closeSync(fd);
  }
  assert.ok(took < 1500 && (user + system) / 1000 < 400, `${took} ms, of which ${(user + system) / 1000} at work`);
  await until('there is another', () => keepers().some((pid) => pid !== keeper));
  told.stop('cancelled');
  assert.equal((await outcome).kind, 'cancelled');
  await stage.close();
  assert.deepEqual(keepers(), []);
});
