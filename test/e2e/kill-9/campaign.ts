/**
 * One campaign: so many lives of one platform on one store, each ended by SIGKILL, under the load of its clients.
 *
 * A life is ended between 5 and 1,500 ms after it serves, or, one in five, somewhere in its start, where it takes back
 * what the life before left. The last one is left alone until everything has ended and everybody was told.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { Chance } from '../witness/chance.ts';
import { check, type Verdict } from '../witness/checker.ts';
import { Client } from '../witness/client.ts';
import { readEnd } from '../witness/end.ts';
import { type History, newHistory } from '../witness/history.ts';
import { type Peer, startPeers } from '../witness/peers.ts';
import { Platform, type Place } from '../witness/platform.ts';
import { isWithin, pause } from '../witness/wire.ts';
import { GatedWire } from './gated-wire.ts';

const DRAIN_MS_MAX = 120_000;

export interface CampaignOptions {
  rounds: number;
  seed: number;
  clients: number;
  onRound?: (round: number, accepted: number) => void;
}

export interface Report extends Verdict {
  rounds: number;
  killedInStart: number;
  /** Milliseconds from the start of a process until it serves. */
  starts: number[];
  /** Where the history lies, if it is worth a look. */
  kept: string | null;
  complaints: string[];
}

interface Campaign {
  options: CampaignOptions;
  chance: Chance;
  history: History;
  place: Place;
  wire: GatedWire;
  peers: Peer[];
  clients: Client[];
  starts: number[];
  complaints: string[];
  killedInStart: number;
}

export async function campaign(options: CampaignOptions): Promise<Report> {
  const chance = new Chance(options.seed);
  const history = newHistory();
  const place = { port: await freePort(), data: mkdtempSync(join(tmpdir(), 'errand-kill-')) };
  const wire = new GatedWire(`http://127.0.0.1:${place.port}`);
  const peers = await startPeers(chance.fork(), history);
  const clients = Array.from(
    { length: options.clients },
    (_, index) => new Client({ id: `client-${index}`, wire, history, chance: chance.fork(), callees: peers }),
  );
  const run: Campaign = {
    ...{ options, chance, history, place, wire, peers, clients },
    ...{ starts: [], complaints: [], killedInStart: 0 },
  };
  try {
    await enrolAll(run);
    const working = Promise.all(clients.map(async (client) => client.run()));
    await killAgainAndAgain(run);
    await drain(run, working);
    return reportOf(run);
  } finally {
    await wire.close();
    await Promise.all(peers.map(async (peer) => peer.close()));
    rmSync(place.data, { recursive: true, force: true });
  }
}

/** In a life of its own, so that every later one can be cut anywhere. */
async function enrolAll(run: Campaign): Promise<void> {
  const platform = new Platform(run.place);
  await platform.serving();
  run.wire.open();
  const seats = [
    ...run.clients.map(({ id }) => ({ id, name: id })),
    ...run.peers.map(({ id, url, capacity, card }) => ({ id, name: id, url, capacity, agent_card: card })),
  ];
  for (const body of seats) {
    const answer = await run.wire.insist({ method: 'POST', path: '/workspaces', body });
    if (answer.status !== 201) {
      throw new Error(`${body.id} was not enrolled: ${answer.text}`);
    }
  }
  run.wire.shut();
  await platform.kill();
}

async function killAgainAndAgain(run: Campaign): Promise<void> {
  const { options, chance, wire } = run;
  for (let round = 1; round <= options.rounds; round += 1) {
    const platform = new Platform(run.place);
    const usual = run.starts.at(-1) ?? 400;
    if (run.starts.length > 0 && chance.once(0.2)) {
      // Most of a start is Node reading the program; the end of it is where the store is opened and taken back.
      await pause(chance.once(0.7) ? chance.between(usual * 0.6, usual * 1.1) : chance.between(0, usual));
      run.killedInStart += 1;
    } else {
      run.starts.push(await platform.serving());
      wire.open();
      await pause(chance.between(5, 1500));
    }
    await platform.kill();
    wire.shut();
    run.complaints.push(...platform.complaints);
    options.onRound?.(round, acceptedIn(run.history));
  }
}

/** The last life: no more offers, and time for everything to end. */
async function drain(run: Campaign, working: Promise<unknown>): Promise<void> {
  const { clients, wire } = run;
  const platform = new Platform(run.place);
  try {
    run.starts.push(await platform.serving());
    wire.open();
    for (const client of clients) {
      client.close();
    }
    if (!(await isWithin(DRAIN_MS_MAX, working))) {
      const waiting = clients.flatMap((client) => client.waiting).slice(0, 20);
      run.complaints.push(`not drained in ${DRAIN_MS_MAX} ms: ${waiting.join(' ')}`);
    }
    await readEnd(run);
  } finally {
    await platform.kill();
    wire.shut();
    run.complaints.push(...platform.complaints);
  }
}

function reportOf(run: Campaign): Report {
  const verdict = check(run.history);
  const { starts, complaints, killedInStart } = run;
  return {
    ...verdict,
    ...{ rounds: run.options.rounds, killedInStart, starts, complaints },
    kept: verdict.findings.length === 0 ? null : keep(run.history, run.options.seed),
  };
}

function keep(history: History, seed: number): string {
  const path = join(mkdtempSync(join(tmpdir(), 'errand-kill-history-')), `seed-${seed}.json`);
  writeFileSync(path, JSON.stringify(history));
  return path;
}

function acceptedIn(history: History): number {
  return history.submissions.filter(({ status }) => status === 202).length;
}
