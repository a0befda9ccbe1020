/**
 * Puts background delegation together: the line with its upkeep, over memory or a file, with the carriers that its
 * callees need; and takes it down again in the reverse order.
 */
import { setMaxListeners } from 'node:events';
import { inProcessCarrier } from '../carriers/in-process/carrier.ts';
import { ByKey } from '../core/by-key.ts';
import type { Status } from '../core/delegation/index.ts';
import type { Carrier, Clock, Command, Engine, Ids } from '../core/ports/index.ts';
import { openMemory } from '../engines/memory/engine.ts';
import { openLine } from '../flow/index.ts';
import { steadyClock, systemIds } from '../server/clock.ts';
import { startUpkeep } from '../upkeep/index.ts';
import type { Background, Callees } from './background.ts';
import { carriersOf, enrolAll, handlersOf, seatsOf, type Surroundings } from './callees.ts';
import { doorOf, type Closing } from './door.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import { live } from './live.ts';
import type { Run } from './run.ts';
import { Running } from './running.ts';
import { Sessions } from './sessions.ts';
import { settingsOf, type Opening, type Settings } from './settings.ts';
import { Waiters } from './waiters.ts';
import { bytesOf, Weight } from './weight.ts';

/** Lines of the log. More of them live long enough to be copied, and twenty were a tenth of a delegation (measured). */
const EVENTS_OF_EACH = 6;

/** What it asks of the world; a simulation brings its own. */
export interface World {
  clock: Clock;
  ids: Ids;
  engine(place: {
    clock: Clock;
    ids: Ids;
    settings: Settings;
    owner: string;
    onFault: (error: unknown) => void;
  }): Promise<Engine>;
  /** How those outside of this process are reached, where it is not as it is everywhere. */
  carriers?: typeof carriersOf;
}

export async function open<const W extends Callees>(opening: Opening<W>): Promise<Background<W>> {
  return openIn(thisMachine(), opening);
}

export function thisMachine(): World {
  return { clock: steadyClock(), ids: systemIds(), engine: engineOf };
}

const engineOf: World['engine'] = async ({ clock, ids, settings, owner, onFault }) => {
  const place = { clock, ids, limits: settings.limits, owner };
  if (settings.store === undefined) {
    return openMemory({ ...place, ...memoryBounds(settings) });
  }
  const { openSqlite } = await import('../engines/sqlite/engine.ts');
  return openSqlite({ ...place, path: settings.store, called: 'store', onBroken: onFault });
};

/** In memory there is no room for everything that ever was: so many stay of what is settled and told, the newest. */
export function memoryBounds({ keptMost }: Settings): { settledMost: number; eventsMost: number } {
  return { settledMost: keptMost, eventsMost: keptMost * EVENTS_OF_EACH };
}

export async function openIn<W extends Callees>(world: World, opening: Opening<W>): Promise<Background<W>> {
  const { house, closing } = await houseIn(world, opening);
  return doorOf<W>(house, closing);
}

/** What is behind the door, for whoever looks after it from inside. */
export async function houseIn(world: World, opening: Opening): Promise<{ house: House; closing: Closing }> {
  const settings = settingsOf(opening);
  const onFault = harmless(opening.onFault ?? warn);
  const { clock, ids } = world;
  const { limits, graceMs } = settings;
  const around: Surroundings = {
    ...{ clock, chance: ids.chance, environment: opening.environment ?? {}, graceMs, onFault },
    resultBytesMax: limits.resultBytesMax,
  };
  const seats = await seatsOf(opening.workspaces, around);
  const owner = `process_${ids.random()}`;
  const engine = await world.engine({ clock, ids, settings, owner, onFault });
  try {
    const carriers = await (world.carriers ?? carriersOf)(seats, around);
    carriers.in_process = inProcessCarrier({ handlers: handlersOf(() => house), clock, cancelMs: graceMs });
    const line = await openLine({ engine, clock, ids, limits, owner, carriers, onFault });
    const closing = new AbortController();
    setMaxListeners(0, closing.signal);
    const house: House = {
      ...{ line, clock: line.clock, ids, callees: opening.workspaces, seats, full: settings.full },
      queueAgeMs: settings.queueAgeMs,
      sessions: new Sessions(line),
      waiters: new Waiters(),
      weight: new Weight(settings.queueBytes),
      running: new Running(),
      ...{ arriving: new ByKey<TaskHandle>(), runs: new ByKey<Run>() },
      isClosed: false,
      isKept: settings.store !== undefined,
      closing: closing.signal,
    };
    line.madeBy = (key) => house.runs.get(key)?.made;
    const leave = [house.waiters.listenTo(line), line.hub.onAll((event) => house.weight.hear(event))];
    await house.sessions.load();
    await weigh(house);
    await enrolAll(line, seats, { here: settings.capacity, inline: settings.inline });
    const upkeep = await startUpkeep(line);
    await wakeAll(house);
    const close = async (atRest: () => Promise<void>): Promise<void> => {
      await upkeep.stop();
      // From here on nothing is answered. What is at work was told before, so that no function takes that for its failure.
      closing.abort();
      await release(house, { carriers: Object.values(carriers), atRest });
      for (const forget of leave) {
        forget();
      }
    };
    return { house, closing: { close } };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** What an earlier process has left in the queue takes its room there as well. */
async function weigh(house: House): Promise<void> {
  const keys = (await live(house, {})).filter(({ status }) => WAITS.has(status)).map(({ key }) => key);
  for (const [key, request] of await house.line.engine.requests(keys)) {
    house.weight.add(key, bytesOf(request));
  }
}

const WAITS: ReadonlySet<string> = new Set<Status>(['pending', 'queued']);

/**
 * What rested in a process that is gone waits for nothing here: it is done again, or given up, as its callee says. Nor is
 * anybody asked what no function is left to hear: only one that is done again takes an answer.
 */
async function wakeAll({ line, seats }: House): Promise<void> {
  const functions = new Set([...seats.values()].filter(({ isFunction }) => isFunction).map(({ id }) => id));
  const commands = (await live({ line }, {})).flatMap((row): Command[] => {
    const about = { ref: { key: row.key, id: row.id }, actor: 'errand' };
    if (row.detail.rests === true) {
      return [{ type: 'wake', ...about }];
    }
    const isLost = row.status === 'input_required' && row.delivery === 'at_most_once' && functions.has(row.callee);
    return isLost
      ? [
          {
            type: 'fail',
            ...about,
            epoch: row.epoch,
            reason: 'outcome_unknown',
            error: 'the process in which it asked is gone',
          },
        ]
      : [];
  });
  await Promise.all(commands.map(async (command) => line.recorder.record(command)));
}

/** The functions let go before those who wait are told: what was left open is no ending for a function to go on with. */
async function release(
  { line, waiters }: House,
  { carriers, atRest }: { carriers: readonly Carrier[]; atRest: () => Promise<void> },
): Promise<void> {
  await Promise.all(carriers.map(async (carrier) => carrier.close()));
  waiters.close();
  await line.recorder.close();
  await atRest();
  await line.engine.close();
}

/** Whoever is told of a fault makes none where it happened. */
function harmless(tell: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      tell(error);
    } catch (again) {
      warn(again);
    }
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'ErrandFault');
}
