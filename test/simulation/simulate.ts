/**
 * One seed: a world, a platform, its clients and peers; everything that can go wrong, then everything heals, and then
 * the oracle judges.
 */
import { createHash } from 'node:crypto';
import { blankProfile } from '../../src/core/workspace/index.ts';
import { Books } from './books.ts';
import { followSome } from './followers.ts';
import { Ledger } from './ledger.ts';
import { Oracle } from './oracle.ts';
import type { Stage } from './peers.ts';
import { Mesh } from './mesh.ts';
import { Platform, type Store } from './platform.ts';
import { Platforms, type Reachable } from './platforms.ts';
import { Program } from './program.ts';
import { World } from './world.ts';

const OPERATIONS = 40;
const TROUBLE_MS = 40_000;
const HEALING_MS = 600_000;
/** Longer than all the backward jumps of the clock together can stretch a lease. */
const QUIET_MS = 120_000;

export interface Outcome {
  seed: number;
  complaints: readonly string[];
  faults: ReadonlyMap<string, number>;
  refusals: ReadonlyMap<string, number>;
  accepted: number;
  trace: readonly string[];
  traceHash: string;
}

/** One platform that has its store for itself, or as many as the dice say over one store. */
export interface Setting {
  isShared: boolean;
  /** Over a store that answers in real time: how much falls into one moment. */
  grainMs?: number;
  operations?: number;
}

export async function simulate(seed: number, store: Store, setting: Setting): Promise<Outcome> {
  const world = new World(seed, setting.grainMs);
  const ledger = new Ledger();
  const stage: Stage = { world, ledger, isShared: setting.isShared, healed: false, onWork: () => {} };
  const oracle = new Oracle(world, ledger);
  const platforms = await open({ stage, store, oracle });
  await enrol(world, platforms);
  const program = new Program(stage, platforms, oracle);
  program.plan(setting.operations ?? OPERATIONS, TROUBLE_MS);
  const isBroken = () => ledger.complaints.length > 0;
  const troubleUntil = TROUBLE_MS + (stage.isShared ? world.steady : 0);
  await world.run(troubleUntil, isBroken);
  stage.healed = true;
  platforms.heal();
  oracle.heals();
  let isResumed = false;
  const resume = async (): Promise<void> => {
    await program.resumeAll();
    if (stage.isShared) {
      await followSome(stage, platforms, oracle);
    }
    isResumed = true;
  };
  const resumed = resume();
  await world.run(troubleUntil + HEALING_MS, () => isBroken() || isQuiet(world, oracle));
  if (stage.isShared) {
    await world.run(world.steady + 60_000, () => isBroken() || isResumed);
    await world.rest();
  } else {
    await Promise.race([resumed, world.run(world.steady + 60_000, isBroken)]);
  }
  const engine = platforms.line?.engine;
  if (engine === undefined) {
    ledger.complain('D1', 'the platform did not come back');
  } else if (ledger.complaints.length === 0) {
    await oracle.judge(engine);
  }
  return outcomeOf(seed, world, ledger);
}

interface Open {
  stage: Stage;
  store: Store;
  oracle: Oracle;
}

async function open({ stage, store, oracle }: Open): Promise<Reachable> {
  const books = new Books(oracle);
  if (!stage.isShared) {
    const platform = new Platform({ stage, store, books });
    await platform.start();
    return platform;
  }
  const mesh = new Mesh(stage);
  const names = ['one', 'two', 'three'].slice(0, stage.world.dice.pick([1, 2, 2, 3, 3]));
  const platforms = names.map((name) => new Platform({ stage, store, books, shared: { name, mesh } }));
  for (const platform of platforms) {
    await platform.start();
  }
  return new Platforms(stage, mesh, platforms);
}

/** Everything has its ending, and the readers had time to hear of it. */
function isQuiet(world: World, oracle: Oracle): boolean {
  if (oracle.unsettled > 0) {
    quietSince.delete(world);
    return false;
  }
  const since = quietSince.get(world) ?? world.steady;
  quietSince.set(world, since);
  return world.steady - since > QUIET_MS;
}

const quietSince = new WeakMap<World, number>();

function outcomeOf(seed: number, world: World, ledger: Ledger): Outcome {
  return {
    seed,
    complaints: ledger.complaints,
    faults: ledger.faults,
    refusals: ledger.refusals,
    accepted: ledger.accepted.size,
    trace: world.trace,
    traceHash: createHash('sha256').update(world.trace.join('\n')).digest('hex').slice(0, 16),
  };
}

/** Before the trouble begins; a crash in it is waited out. */
async function enrol(world: World, platform: Reachable): Promise<void> {
  const seats = [
    { id: 'lead', org: 'default', carrier: 'none' as const, capacity: 1 },
    { id: 'mid', org: 'default', carrier: 'a2a' as const, capacity: 2 },
    { id: 'w1', org: 'default', carrier: 'a2a' as const, capacity: 1 },
    { id: 'w2', org: 'default', carrier: 'a2a' as const, capacity: 2 },
    { id: 'w3', org: 'default', carrier: 'a2a' as const, capacity: 3 },
    { id: 'puller', org: 'default', carrier: 'pull' as const, capacity: 2 },
    { id: 'stranger', org: 'elsewhere', carrier: 'none' as const, capacity: 1 },
  ];
  let missing = seats.length;
  for (const { id, org, ...rest } of seats) {
    const profile = { ...blankProfile(id), ...rest, url: `http://${id}.test` };
    const command = { type: 'enrol', id, org, actor: 'operator', person: false, profile } as const;
    void (async () => {
      for (;;) {
        try {
          const answer = await platform.call(async (line) => line.recorder.record(command));
          if (answer.kind !== 'fault') {
            missing -= 1;
            return;
          }
          await world.sleep(200);
        } catch {
          // The platform died under it; it is enrolled again, which is refused where it was done.
        }
      }
    })();
  }
  await world.run(world.steady + 60_000, () => missing === 0);
}
