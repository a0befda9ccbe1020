/**
 * (a) The engine alone: whole lifecycles per second with everything a lifecycle writes, and how long a commit takes.
 *
 * One lifecycle is three awaited commits: accepted and dispatched, settled, acknowledged. A client never has more than
 * one command in flight; `inFlight` clients run side by side.
 */
import { hash } from 'node:crypto';
import { LIMITS } from '../src/core/delegation/index.ts';
import type { Command, Engine } from '../src/core/ports/index.ts';
import { Recorder } from '../src/flow/index.ts';
import { systemClock, systemIds } from '../src/server/clock.ts';
import { enrol } from './enrol.ts';
import { at } from './figure.ts';
import { load, type Amount } from './load.ts';
import type { OpenStore, Store } from './stores/store.ts';

const SEEDED = 1000;
const TEXT = 'x'.repeat(2000);
const RESULT = { text: TEXT, length: TEXT.length, sha256: hash('sha256', TEXT) };

export interface EngineBench {
  engine: Engine;
  recorder: Recorder;
  callees: number;
  close(): Promise<void>;
}

export async function openBench(openStore: OpenStore, callees: number, rows: number): Promise<EngineBench> {
  const store = await openStore();
  const seeding = await openEngine(store, callees);
  await enrolAll(seeding);
  await measure(seeding, { inFlight: 64, total: SEEDED });
  await seeding.close();
  if (rows > SEEDED) {
    await store.fill(rows);
  }
  const bench = await openEngine(store, callees);
  return {
    ...bench,
    async close() {
      await bench.close();
      await store.remove();
    },
  };
}

async function openEngine(store: Store, callees: number): Promise<EngineBench> {
  const limits = { ...LIMITS, queuePerCalleeMax: 1_000_000, queuePerOrgMax: 10_000_000 };
  const engine = await store.open({ clock: systemClock, ids: systemIds(), limits, owner: 'bench' });
  const recorder = new Recorder({ engine, clock: systemClock, onCommit: () => {}, onFault: console.error });
  return {
    engine,
    recorder,
    callees,
    async close() {
      await recorder.close();
      await engine.close();
    },
  };
}

async function enrolAll({ recorder, callees }: EngineBench): Promise<void> {
  await enrol(recorder, { id: 'caller' });
  await enrol(recorder, { id: 'puller', capacity: 1000, carrier: 'pull' });
  const all = Array.from({ length: callees }, (_, index) => `callee-${index}`);
  await Promise.all(all.map(async (id) => enrol(recorder, { id, capacity: 1000, carrier: 'a2a' })));
}

/** The whole life of one delegation, as a caller and a callee bring it about. */
async function lifecycle(bench: EngineBench, callee: string, commits: number[]): Promise<void> {
  const accepted = await timed(bench, acceptance(callee), commits);
  if (accepted.kind !== 'done' || accepted.delegation.status !== 'dispatched') {
    throw new Error(JSON.stringify(accepted));
  }
  const { key, id } = accepted.delegation;
  const ref = { key, id };
  const ended = await timed(bench, { type: 'complete', ref, epoch: 1, actor: callee, result: RESULT }, commits);
  const version = ended.kind === 'done' ? ended.delegation.version : 0;
  const reading = { workspace: 'caller', delegation: key, version, actor: 'caller' };
  const told = await timed(bench, { type: 'collect', ...reading }, commits);
  if (told.kind !== 'done') {
    throw new Error(JSON.stringify(told));
  }
}

/** As many that wait at the callee that fetches its work. */
export async function queueUp({ recorder }: EngineBench, count: number): Promise<void> {
  const waiting = Array.from({ length: count }, async () => recorder.record(acceptance('puller')));
  for (const answer of await Promise.all(waiting)) {
    if (answer.kind !== 'done' || answer.delegation.status !== 'queued') {
      throw new Error(JSON.stringify(answer));
    }
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
    ...{ parent: null, batch: null, supersedes: null, idempotency: null, request: { task: TEXT } },
  } as Command;
}

async function timed(bench: EngineBench, command: Command, commits: number[]) {
  const start = performance.now();
  const answer = await bench.recorder.record(command);
  commits.push(performance.now() - start);
  return answer;
}

export interface EngineFigure {
  perSecond: number;
  p50: number;
  p99: number;
}

export async function measure(bench: EngineBench, amount: Amount): Promise<EngineFigure> {
  const commits: number[] = [];
  const { perSecond } = await load(amount, async (index) =>
    lifecycle(bench, `callee-${index % bench.callees}`, commits),
  );
  return { perSecond, p50: at(commits, 0.5), p99: at(commits, 0.99) };
}
