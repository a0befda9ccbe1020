/**
 * One campaign: agents and their platform, killed apart and together at random moments, under the load of clients.
 *
 * In a round either the platform dies, or some of the agents, or all of them at once. The last life of each is left
 * alone until everything has ended and everybody was told; then the machine itself is looked at.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatedWire } from '../kill-9/gated-wire.ts';
import { freePort } from '../../support/free-port.ts';
import { Chance } from '../witness/chance.ts';
import { check, type Verdict } from '../witness/checker.ts';
import { Client } from '../witness/client.ts';
import { readEnd } from '../witness/end.ts';
import { type History, newHistory } from '../witness/history.ts';
import { Platform, type Place } from '../witness/platform.ts';
import { isWithin, pause } from '../witness/wire.ts';
import { Agent, castOf, sweep } from './cast.ts';
import { leftRunning, takenSlots } from './outside.ts';
import { entries } from './work.ts';

const DRAIN_MS_MAX = 120_000;
/** Long enough for a restart, short enough for many in a campaign to run out. */
const LEASE_MS = 2000;

export interface CampaignOptions {
  rounds: number;
  seed: number;
  clients: number;
  onRound?: (round: number, accepted: number) => void;
}

export interface Report extends Verdict {
  kills: { platform: number; agents: number; together: number };
  /** Slots that nobody gave back. */
  taken: string[];
  /** Processes that outlived their platform. */
  left: number[];
  complaints: string[];
}

interface Campaign {
  options: CampaignOptions;
  chance: Chance;
  history: History;
  folder: string;
  place: Place;
  wire: GatedWire;
  agents: Agent[];
  clients: Client[];
  kills: Report['kills'];
  complaints: string[];
  platform: Platform;
}

export async function campaign(options: CampaignOptions): Promise<Report> {
  const run = await begin(options);
  try {
    await enrolAll(run);
    for (const agent of run.agents) {
      agent.start();
    }
    const working = Promise.all(run.clients.map(async (client) => client.run()));
    await killAgainAndAgain(run);
    return await finish(run, working);
  } finally {
    await Promise.all([run.platform.kill(), ...run.agents.map(async (agent) => agent.kill())]);
    await run.wire.close();
    sweep(run.folder);
  }
}

async function begin(options: CampaignOptions): Promise<Campaign> {
  const chance = new Chance(options.seed);
  const history = newHistory();
  const folder = mkdtempSync(join(tmpdir(), 'errand-kill-agents-'));
  const environment = { ERRAND_LEASE_MS: String(LEASE_MS), ERRAND_ALLOW: '127.0.0.1' };
  const place = { port: await freePort(), data: join(folder, 'data'), environment };
  const url = `http://127.0.0.1:${place.port}`;
  const wire = new GatedWire(url);
  const agents = (await castOf(folder, url)).map((member) => new Agent(member));
  const callees = agents.map(({ member }) => member);
  const clients = Array.from(
    { length: options.clients },
    (_, index) => new Client({ id: `client-${index}`, wire, history, chance: chance.fork(), callees }),
  );
  const kills = { platform: 0, agents: 0, together: 0 };
  const platform = new Platform(place);
  return { options, chance, history, folder, place, wire, agents, clients, kills, complaints: [], platform };
}

async function enrolAll(run: Campaign): Promise<void> {
  await run.platform.serving();
  run.wire.open();
  const seats = [
    ...run.clients.map(({ id }) => ({ id, name: id })),
    ...run.agents.map(({ member: { id, seat } }) => ({ id, name: id, ...seat })),
  ];
  for (const body of seats) {
    const answer = await run.wire.insist({ method: 'POST', path: '/workspaces', body });
    if (answer.status !== 201) {
      throw new Error(`${body.id} was not enrolled: ${answer.text}`);
    }
  }
}

async function killAgainAndAgain(run: Campaign): Promise<void> {
  const { options, chance, kills } = run;
  for (let round = 1; round <= options.rounds; round += 1) {
    await pause(chance.between(50, 1500));
    const die = chance.next();
    if (die < 0.35) {
      kills.platform += 1;
      await restartPlatform(run);
    } else if (die < 0.7) {
      kills.agents += 1;
      await restartAgents(run.agents.filter(() => chance.once(0.5)));
    } else {
      kills.together += 1;
      await Promise.all([restartPlatform(run), restartAgents(run.agents)]);
    }
    options.onRound?.(round, run.history.submissions.filter(({ status }) => status === 202).length);
  }
}

async function restartPlatform(run: Campaign): Promise<void> {
  await run.platform.kill();
  run.wire.shut();
  run.complaints.push(...run.platform.complaints);
  run.platform = new Platform(run.place);
  await run.platform.serving();
  run.wire.open();
}

async function restartAgents(agents: readonly Agent[]): Promise<void> {
  await Promise.all(
    agents.map(async (agent) => {
      await agent.kill();
      agent.start();
    }),
  );
}

/** No more offers, and time for everything to end. */
async function finish(run: Campaign, working: Promise<unknown>): Promise<Report> {
  const { clients, wire, history, agents, folder, place } = run;
  for (const client of clients) {
    client.close();
  }
  if (!(await isWithin(DRAIN_MS_MAX, working))) {
    const waiting = clients.flatMap((client) => client.waiting).slice(0, 20);
    run.complaints.push(`not drained in ${DRAIN_MS_MAX} ms: ${waiting.join(' ')}`);
  }
  await readEnd(run);
  const ids = [...clients.map(({ id }) => id), ...agents.map(({ member }) => member.id)];
  const taken = await takenSlots(wire, ids);
  await run.platform.kill();
  run.complaints.push(...run.platform.complaints);
  const left = await leftRunning(`http://127.0.0.1:${place.port}`);
  for (const [order, { peer, id, sha256 }] of entries(folder).entries()) {
    history.ran.push({ peer, messageId: id, order: order + 1, sha256 });
  }
  return { ...check(history), kills: run.kills, taken, left, complaints: run.complaints };
}
