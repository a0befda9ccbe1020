/**
 * An agent, a relay, and behind it a platform that can be started anew on the same folder while the agent goes on; and
 * a helper that fetches its work when a test says so.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Errand } from '../../src/runtime/index.ts';
import { Relay } from '../support/relay.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

export interface Scene {
  readonly house: House;
  readonly relay: Relay;
  readonly lead: Errand;
  readonly token: string | undefined;
  /** Another connection of the same agent. */
  again: () => Promise<Errand>;
  /** The platform stops; the agent finds nobody. */
  stop: () => Promise<void>;
  /** It is there again, on the same folder and another port. */
  start: () => Promise<void>;
  /** The helper has fetched it. */
  fetch: (id: string) => Promise<Fields>;
  end: (id: string, text: string) => Promise<void>;
  ask: (id: string, question: string) => Promise<void>;
  /** What waits in the inbox of the agent, without taking it. */
  unread: () => Promise<Fields[]>;
  close: () => Promise<void>;
}

export async function openScene({ open = true } = {}): Promise<Scene> {
  const data = mkdtempSync(join(tmpdir(), 'errand-runtime-'));
  const environment = { ERRAND_FAN_OUT_PARENT_MAX: '100000', ERRAND_QUEUE_PER_CALLEE_MAX: '100000' };
  const relay = await Relay.open();
  const errands: Errand[] = [];
  const held = new Map<string, Fields>();
  let house = await openHouse({ open, data, environment });
  relay.lead(house.url);
  const { token } = await house.seat('lead');
  await house.seat('helper', { pull: true, capacity: 500 });
  const who = open ? { workspace: 'lead' } : { token };
  const again = async (): Promise<Errand> => {
    const errand = await connect({ url: relay.url, ...who });
    errands.push(errand);
    return errand;
  };
  const fetch = async (id: string): Promise<Fields> =>
    until(`the helper has fetched ${id}`, async () => {
      for (const one of (await house.call('GET', '/workspaces/helper/assignments?max=100')).rows) {
        held.set(one.delegation_id, one);
      }
      return held.get(id);
    });
  const say = async (id: string, verb: string, body: object): Promise<void> => {
    const { epoch } = await fetch(id);
    const said = await house.call('POST', `/workspaces/helper/assignments/${id}/${verb}`, { body: { epoch, ...body } });
    assert.equal(said.status, 200, said.text);
    held.delete(id);
  };
  const lead = await again();
  return {
    get house() {
      return house;
    },
    ...{ relay, lead, token, again, fetch },
    async stop() {
      relay.lead(undefined);
      await house.close();
      relay.cut();
    },
    async start() {
      house = await openHouse({ open, data, environment });
      relay.lead(house.url);
    },
    end: async (id, text) => say(id, 'complete', { text }),
    ask: async (id, question) => say(id, 'ask', { question }),
    unread: async () => (await house.call('GET', '/workspaces/lead/inbox?peek=1&limit=100')).rows,
    async close() {
      await Promise.all(errands.map(async (errand) => errand.close()));
      await relay.close();
      await house.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
