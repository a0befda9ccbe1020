/**
 * (a) The engine alone: whole lifecycles per second with everything a lifecycle writes, and how long a commit takes.
 *
 * One lifecycle is three awaited commits: accepted and dispatched, settled, acknowledged. A client never has more than
 * one command in flight; `inFlight` clients run side by side.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from 'node:crypto';
import { LIMITS } from '../src/core/delegation/index.ts';
import type { Command, Engine, Ids } from '../src/core/ports/index.ts';
import { openSqlite } from '../src/engines/sqlite/engine.ts';
import { Recorder } from '../src/flow/index.ts';
import { systemClock, systemIds } from '../src/server/clock.ts';

const SEEDED = 1000;
const TEXT = 'x'.repeat(2000);
const RESULT = { text: TEXT, length: TEXT.length, sha256: hash('sha256', TEXT) };

export interface EngineBench {
  engine: Engine;
  ids: Ids;
  recorder: Recorder;
  callees: number;
  close(): Promise<void>;
}

export async function openBench(callees: number, fill: (path: string) => void): Promise<EngineBench> {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-bench-'));
  const path = join(folder, 'errand.db');
  const seeding = await openStore(path, callees);
  await enrolAll(seeding);
  await measure(seeding, 64, SEEDED);
  await seeding.close();
  fill(path);
  const bench = await openStore(path, callees);
  return {
    ...bench,
    async close() {
      await bench.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openStore(path: string, callees: number): Promise<EngineBench> {
  const ids = systemIds();
  const limits = { ...LIMITS, queuePerCalleeMax: 1_000_000, queuePerOrgMax: 10_000_000 };
  const engine = await openSqlite({ path, clock: systemClock, ids, limits, owner: 'bench' });
  const recorder = new Recorder({ engine, clock: systemClock, onCommit: () => {}, onFault: console.error });
  return {
    engine,
    ids,
    recorder,
    callees,
    async close() {
      await recorder.close();
      await engine.close();
    },
  };
}

async function enrolAll({ recorder, callees }: EngineBench): Promise<void> {
  await enrol(recorder, 'caller', 1);
  await enrol(recorder, 'puller', 1, 'pull');
  const all = Array.from({ length: callees }, (_, index) => `callee-${index}`);
  await Promise.all(all.map(async (id) => enrol(recorder, id, 1000)));
}

async function enrol(recorder: Recorder, id: string, capacity: number, carrier = 'a2a'): Promise<void> {
  const answer = await recorder.record({
    type: 'enrol',
    id,
    org: 'default',
    actor: 'bench',
    person: false,
    profile: {
      ...{
        name: id,
        role: null,
        parent: null,
        tier: 0,
        carrier: carrier as 'a2a',
        url: 'http://127.0.0.1:1',
        card: null,
        capacity,
      },
      ...{ roles: [], allowedActions: null, grants: [], denials: [] },
    },
  });
  if (answer.kind !== 'workspace') {
    throw new Error(JSON.stringify(answer));
  }
}

/** The whole life of one delegation, as a caller and a callee bring it about. */
export async function lifecycle(bench: EngineBench, callee: string, times: number[]): Promise<void> {
  const accepted = await timed(bench, acceptance(callee), times);
  if (accepted.kind !== 'done' || accepted.delegation.status !== 'dispatched') {
    throw new Error(JSON.stringify(accepted));
  }
  const { key, id } = accepted.delegation;
  const ref = { key, id };
  await timed(bench, { type: 'complete', ref, epoch: 1, actor: callee, result: RESULT }, times);
  const told = await timed(bench, { type: 'collect', workspace: 'caller', delegation: key, actor: 'caller' }, times);
  if (told.kind !== 'done') {
    throw new Error(JSON.stringify(told));
  }
}

function acceptance(callee: string): Command {
  return {
    ...{ type: 'accept', id: null, caller: 'caller', callee, actor: 'caller', origin: 'delegate', priority: 50 },
    ...{
      delivery: 'at_least_once',
      conversation: null,
      deadlineMs: LIMITS.deadlineMs,
      validForMs: null,
      startAt: null,
    },
    ...{ parent: null, supersedes: null, idempotency: null, request: { task: TEXT } },
  } as Command;
}

async function timed(bench: EngineBench, command: Command, times: number[]) {
  const start = performance.now();
  const answer = await bench.recorder.record(command);
  times.push(performance.now() - start);
  return answer;
}

export interface EngineFigure {
  inFlight: number;
  perSecond: number;
  p50: number;
  p99: number;
}

export async function measure(bench: EngineBench, inFlight: number, total: number): Promise<EngineFigure> {
  const times: number[] = [];
  let started = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (started < total) {
        started += 1;
        await lifecycle(bench, `callee-${started % bench.callees}`, times);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { inFlight, perSecond: Math.round(total / seconds), p50: at(0.5), p99: at(0.99) };
}
