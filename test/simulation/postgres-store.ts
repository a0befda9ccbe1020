/**
 * A real PostgreSQL under several simulated platforms, in virtual time: time stands still while it is asked.
 *
 * The term of upkeep is kept here, because the database gives it by its own time. Messages come when they come: a
 * platform may hear of a commit early, late, or only by its look each second, and all of that is allowed (E16).
 */
import type { Engine } from '../../src/core/ports/index.ts';
import { Tables } from '../../src/engines/memory/engine.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import type { TestServer } from '../support/postgres.ts';
import { BOUNDS } from './bounds.ts';
import type { Opening, Store } from './platform.ts';
import type { World } from './world.ts';

const AT_ONCE: ReadonlySet<string | symbol> = new Set(['now', 'onElsewhere', 'within', 'close']);

export async function postgresStore(server: TestServer): Promise<Store & { remove(): Promise<void> }> {
  const url = await server.database();
  await server.ask(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
  const engines = new Map<string, Engine>();
  const terms = new Tables();
  const open = async ({ clock, ids, owner, platform }: Opening): Promise<Engine> => {
    // The process before is gone, and its connections with it.
    await engines.get(platform)?.close();
    // What the engine puts off until the end of a turn belongs to what it is asked, and time stands still for it.
    const own = { ...clock, soon: (call: () => void) => void setImmediate(call) };
    const engine = await openPostgres({ url, clock: own, timeOf: 'clock', ids, limits: BOUNDS, owner, readers: 2 });
    engines.set(platform, engine);
    return { ...engine, lead: async (forMs) => terms.lead(owner, clock.now(), forMs) };
  };
  return {
    open: async (opening) => waitedFor(await opening.world.during(open(opening)), opening.world),
    async remove() {
      await Promise.all([...engines.values()].map(async (engine) => engine.close()));
      await server.drop(url);
    },
  };
}

function waitedFor(engine: Engine, world: World): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || AT_ONCE.has(name)) {
        return value;
      }
      const asked = value as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => world.during(asked(...args));
    },
  });
}
