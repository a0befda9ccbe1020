/**
 * One seed: a world, a platform, its clients and peers; everything that can go wrong, then everything heals, and then
 * the oracle judges.
 */
import { createHash } from 'node:crypto';
import type { WorkspaceProfile } from '../../src/core/workspace/index.ts';
import { Ledger } from './ledger.ts';
import { Oracle } from './oracle.ts';
import type { Stage } from './peers.ts';
import { Platform, type Store } from './platform.ts';
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

export async function simulate(seed: number, store: Store): Promise<Outcome> {
  const world = new World(seed);
  const ledger = new Ledger();
  const stage: Stage = { world, ledger, healed: false, onWork: () => {} };
  const oracle = new Oracle(world, ledger);
  const platform = new Platform(stage, store, oracle);
  await platform.start();
  await enrol(world, platform);
  const program = new Program(stage, platform, oracle);
  program.plan(OPERATIONS, TROUBLE_MS);
  await world.run(TROUBLE_MS, () => ledger.complaints.length > 0);
  stage.healed = true;
  oracle.heals();
  const resumed = program.resumeAll();
  await world.run(TROUBLE_MS + HEALING_MS, () => ledger.complaints.length > 0 || isQuiet(world, oracle));
  await Promise.race([resumed, world.run(world.steady + 60_000, () => ledger.complaints.length > 0)]);
  const engine = platform.line?.engine;
  if (engine === undefined) {
    ledger.complain('D1', 'the platform did not come back');
  } else if (ledger.complaints.length === 0) {
    await oracle.judge(engine);
  }
  return outcomeOf(seed, world, ledger);
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

const BLANK: WorkspaceProfile = {
  name: '',
  role: null,
  parent: null,
  tier: 0,
  carrier: 'none',
  url: null,
  card: null,
  capacity: 1,
  roles: [],
  allowedActions: null,
  grants: [],
  denials: [],
};

/** Before the trouble begins; a crash in it is waited out. */
async function enrol(world: World, platform: Platform): Promise<void> {
  const seats = [
    { id: 'lead', org: 'default', carrier: 'none' as const, capacity: 1 },
    { id: 'mid', org: 'default', carrier: 'a2a' as const, capacity: 2 },
    { id: 'w1', org: 'default', carrier: 'a2a' as const, capacity: 1 },
    { id: 'w2', org: 'default', carrier: 'a2a' as const, capacity: 2 },
    { id: 'w3', org: 'default', carrier: 'a2a' as const, capacity: 3 },
    { id: 'puller', org: 'default', carrier: 'pull' as const, capacity: 2 },
    { id: 'stranger', org: 'elsewhere', carrier: 'none' as const, capacity: 1 },
  ];
  let open = seats.length;
  for (const { id, org, ...rest } of seats) {
    const profile = { ...BLANK, ...rest, name: id, url: `http://${id}.test` };
    const command = { type: 'enrol', id, org, actor: 'operator', person: false, profile } as const;
    void (async () => {
      for (;;) {
        try {
          await platform.call(async (line) => line.recorder.record(command));
          open -= 1;
          return;
        } catch {
          // The platform died under it; it is enrolled again, which is refused where it was done.
        }
      }
    })();
  }
  await world.run(world.steady + 60_000, () => open === 0);
}
