/** What the tests of the compatibility door have in common: gates, units, folders and worlds of their own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type {
  AsyncDelegationEvent,
  ChildResult,
  Claim,
  Dispatched,
  Hermes,
} from '../../../../src/background/hermes/index.ts';
import type { World } from '../../../../src/background/open.ts';
import type { Clock, Command, Engine } from '../../../../src/core/ports/index.ts';
import { openMemory } from '../../../../src/engines/memory/engine.ts';
import { systemIds } from '../../../../src/server/clock.ts';

export interface Gate {
  promise: Promise<ChildResult>;
  resolve(result: ChildResult): void;
  reject(error: unknown): void;
  /** The runner that waits at it; whether it was called. */
  runner: () => Promise<ChildResult>;
  begun: Promise<undefined>;
  isBegun: boolean;
}

export function gate(): Gate {
  const { promise, resolve, reject } = Promise.withResolvers<ChildResult>();
  const begun = Promise.withResolvers<undefined>();
  const made: Gate = {
    ...{ promise, resolve, reject, begun: begun.promise, isBegun: false },
    runner: async () => {
      made.isBegun = true;
      begun.resolve(undefined);
      return promise;
    },
  };
  return made;
}

/** Its id, of one that was taken. */
export function idOf(said: Dispatched): string {
  assert.equal(said.status, 'dispatched', JSON.stringify(said));
  return said.status === 'dispatched' ? said.delegation_id : '';
}

export function refusalOf(said: Dispatched): Extract<Dispatched, { status: 'rejected' }> {
  assert.ok(said.status === 'rejected', JSON.stringify(said));
  return said;
}

export async function nextOf(hermes: Hermes, session_key = ''): Promise<Claim> {
  const claim = await hermes.completion_queue.get({ session_key });
  assert.ok(claim !== undefined);
  return claim;
}

/** Dispatched, ended, told. */
export async function endingOf(hermes: Hermes, runner: () => unknown): Promise<AsyncDelegationEvent> {
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'g', runner: runner as Gate['runner'] }));
  const claim = await nextOf(hermes);
  assert.equal(claim.event.delegation_id, id);
  await hermes.completion_queue.complete(claim);
  return claim.event;
}

export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'errand-hermes-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A world with a clock of its own, whose store refuses what it is told to. */
export function worldWith(clock: Clock, refuses: (command: Command) => boolean = () => false): World {
  return {
    clock,
    ids: systemIds(),
    async engine({ ids, settings, owner, clock: time }) {
      const engine = await openMemory({ clock: time, ids, limits: settings.limits, owner });
      return refusing(engine, refuses);
    },
  };
}

function refusing(engine: Engine, refuses: (command: Command) => boolean): Engine {
  const apply: Engine['apply'] = async (commands) => {
    if (commands.some(refuses)) {
      throw new Error('disk I/O error');
    }
    return engine.apply(commands);
  };
  return new Proxy(engine, {
    get(target, name) {
      const held: unknown = name === 'apply' ? apply : Reflect.get(target, name);
      return typeof held === 'function' ? held.bind(target) : held;
    },
  });
}
