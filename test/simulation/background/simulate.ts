/**
 * One seed: a process and those that come after it, its hosts and programs; everything that can go wrong, then
 * everything heals, and then the books are judged.
 */
import { createHash } from 'node:crypto';
import type { Background } from '../../../src/background/index.ts';
import { SeededIds } from '../../support/ids.ts';
import type { Outcome } from '../simulate.ts';
import { World } from '../world.ts';
import { answerAll } from './host.ts';
import { isQuiet, judge, judgeCancels } from './judge.ts';
import { Ledger } from './ledger.ts';
import { Lives } from './lives.ts';
import { Program } from './program.ts';
import { readOn } from './readers.ts';
import { Rows } from './rows.ts';
import { boundsOf, Capacities, type Planted, type Stage } from './stage.ts';
import { storeOf, type Store, type StoreName } from './store.ts';
import type { Tenure } from './tenure.ts';
import { hangs } from './plan.ts';

const OPERATIONS = 36;
const TROUBLE_MS = 45_000;
/** For a process that shuts down in its own time, and the one after it. */
const BACK_MS = 600_000;
/** Longer than all that is left to do, one after another; shorter than the deadline of a task. */
const HEALING_MS = 2 * 3_600_000;

export interface Setting {
  store?: StoreName;
  planted?: Planted;
}

export async function simulateBackground(seed: number, { store = 'memory', planted }: Setting = {}): Promise<Outcome> {
  // Loaded before time begins: what is read from the disk takes no virtual time.
  await import('../../../src/carriers/a2a/carrier.ts');
  const kept = storeOf(store, planted);
  const takeOut = planted?.product?.();
  try {
    return await simulateOver(seed, kept, planted);
  } finally {
    takeOut?.();
    kept.remove();
  }
}

async function simulateOver(seed: number, store: Store, planted: Planted | undefined): Promise<Outcome> {
  const world = new World(seed);
  const { dice } = world;
  const stage: Stage = {
    ...{ world, dice, planted, store, ledger: new Ledger(), rows: new Rows(), peers: new Map(), isHealed: false },
    ...{ ids: new SeededIds(dice.below(1_000_000)), bounds: boundsOf(dice), capacities: new Capacities() },
  };
  const { ledger } = stage;
  ledger.isKept = (id) => stage.rows.byId(id) !== undefined;
  const program = new Program(stage, () => lives);
  const lives: Lives = new Lives(stage, (tenure, door) => {
    program.onOpen();
    for (const host of program.hosts) {
      host.attend(tenure, door);
    }
    if (stage.isHealed || dice.chance(0.3)) {
      void adopt(stage, program, { tenure, door });
    }
  });
  const isBroken = (): boolean => ledger.complaints.length > 0;
  void lives.start();
  program.plan(OPERATIONS, TROUBLE_MS);
  await world.run(TROUBLE_MS, isBroken);
  stage.isHealed = true;
  await world.run(world.steady + BACK_MS, () => isBroken() || lives.open !== undefined);
  if (lives.open === undefined) {
    ledger.complain('none lost', 'the process did not come back');
  } else {
    void heal(stage, program, lives.open);
    // What was asked for at the very end of the trouble may come when all seemed to be done.
    for (const until = world.steady + HEALING_MS; world.steady < until && !isBroken();) {
      await world.run(until, () => isBroken() || isQuiet(stage));
      await world.run(world.steady + 3000, isBroken);
      if (isQuiet(stage)) {
        break;
      }
    }
    judgeCancels(stage);
    judge(stage);
    void lives.shutdown(dice.pick(['keep', 'drain', 'cancel']), false);
    await world.run(world.steady + 60_000, () => isBroken() || lives.isOver);
    if (!lives.isOver && !isBroken()) {
      ledger.complain('nothing left', 'the process did not shut down');
    }
  }
  return outcomeOf(seed, stage);
}

/** What nobody ever ends by itself is cancelled, and what belongs to nobody is looked after. */
async function heal(
  stage: Stage,
  program: Program,
  { tenure, door }: { tenure: Tenure; door: Background },
): Promise<void> {
  const { ledger } = stage;
  tenure.life.heal();
  for (const session of program.closed) {
    await program.closeSurely({ tenure, door }, session).catch((error: unknown) => stage.world.say(String(error)));
  }
  void adopt(stage, program, { tenure, door });
  for (const { id = '' } of ledger.roots.filter(({ plan }) => hangs(plan))) {
    await door.cancel(id, 'it hangs');
  }
}

/** The endings of closed sessions. */
async function adopt(
  stage: Stage,
  program: Program,
  { tenure, door }: { tenure: Tenure; door: Background },
): Promise<void> {
  stage.ledger.fault('orphans');
  await readOn({
    ...{ stage, tenure },
    turns: () => door.orphans(),
    isOver: () => false,
    isMine: (session) => program.closed.has(session),
    read: async (turn) => {
      await tenure.sleep(stage.dice.below(500));
      await answerAll(stage, { turn, tenure, door });
      return !stage.isHealed && stage.dice.chance(0.1) ? 'again' : 'on';
    },
  });
}

function outcomeOf(seed: number, { world, ledger }: Stage): Outcome {
  return {
    seed,
    complaints: ledger.complaints,
    faults: ledger.faults,
    refusals: ledger.refusals,
    accepted: [...ledger.entries.values()].filter(({ admission }) => admission?.kind === 'accepted').length,
    trace: world.trace,
    traceHash: createHash('sha256').update(world.trace.join('\n')).digest('hex').slice(0, 16),
  };
}
