/**
 * Sets the stage: a platform of its own on loopback, the agents on theirs, and a seat for each.
 *
 * From here on the demo speaks to the platform by HTTP only. What was opened is closed in the reverse order, and a
 * temporary folder goes with it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, startPlatform } from '../../server/index.ts';
import { leaveAddress, takeAddress } from '../address.ts';
import { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { seatsOf } from '../survey.ts';
import { gather, PLAYERS, type Troupe } from './cast.ts';

export const LEAD = 'lead';

const HOST = '127.0.0.1';
const PORT_WISHED = 4310;

export interface Stage {
  /** Speaks for the seat that delegates. */
  lead: Client;
  url: string;
  data: string;
  troupe: Troupe;
  close: () => Promise<void>;
}

export interface StageWishes {
  port?: number;
  data?: string;
}

export async function setStage(wishes: StageWishes): Promise<Stage> {
  const data = wishes.data ?? mkdtempSync(join(tmpdir(), 'errand-demo-'));
  const port = wishes.port ?? ((await isFree(PORT_WISHED)) ? PORT_WISHED : 0);
  const platform = await startPlatform(readConfig({ host: HOST, port, data, open: true, allow: [HOST] }));
  leaveAddress(data, platform.url);
  const lead = new Client({ url: platform.url, from: LEAD });
  const before = new Map((await seatsOf(lead)).map((seat) => [seat.id, URL.parse(seat.agent_url ?? '')?.port]));
  const troupe = await gather((id) => Number(before.get(id) ?? '') || undefined);
  await enrol(lead, { id: LEAD, name: LEAD, role: 'Has much to do and delegates it.' });
  for (const { id, role } of PLAYERS) {
    const peer = troupe.peers.get(id);
    await enrol(lead, { id, name: id, role, url: peer?.url ?? '', agent_card: peer?.card() });
  }
  return {
    lead,
    url: platform.url,
    data,
    troupe,
    async close() {
      takeAddress(data);
      await platform.close();
      await troupe.close();
      if (wishes.data === undefined) {
        rmSync(data, { recursive: true, force: true });
      }
    },
  };
}

/** In a folder that was kept the seats are there already, and only the addresses are new. */
async function enrol(client: Client, profile: { id: string; [more: string]: unknown }): Promise<void> {
  try {
    await client.post('/workspaces', profile);
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code !== 'already_exists') {
      throw error;
    }
    const { id, ...changed } = profile;
    await client.patch(client.seat('', id), changed);
  }
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}
