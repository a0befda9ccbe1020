/**
 * One campaign: three replicas on one PostgreSQL under load, and everything done to them that happens to machines.
 *
 * Then all of it is left alone until everything has ended and everybody was told, and the same judge as for the single
 * platform says what came of it. What the faults really did is counted: a fault that struck nothing proves nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PostgresProcess } from '../../support/postgres-process.ts';
import { Chance } from '../witness/chance.ts';
import { check, type Verdict } from '../witness/checker.ts';
import { Client } from '../witness/client.ts';
import { readEnd } from '../witness/end.ts';
import { type History, newHistory } from '../witness/history.ts';
import { type Peer, ROLES, type Role, startPeers } from '../witness/peers.ts';
import { isWithin } from '../witness/wire.ts';
import { type Done, strike } from './faults.ts';
import { Replica } from './replica.ts';
import { RoamingWire } from './roaming-wire.ts';

const REPLICAS = ['one', 'two', 'three'];
const LEASE_MS = 1500;
const DRAIN_MS_MAX = 120_000;

/** Works so long that a replica which stands still has deliveries under way, and brings them home too late. */
const PATIENT: Role = {
  id: 'patient',
  capacity: 24,
  behave: (_arrival, work) => ({ do: 'answer', text: work.text(), afterMs: work.chance.between(300, 3000) }),
};

export interface CampaignOptions {
  rounds: number;
  seed: number;
  clients: number;
  onRound: (round: number, accepted: number) => void;
}

export interface Report extends Verdict, Done {
  /** Writes that were refused because somebody else had taken over: as the replicas count them. */
  fenced: number;
  /** Results that were brought home by whoever had been taken over, and kept as evidence. */
  overtaken: number;
  /** Deliveries that were taken back from a replica that was gone or stood still. */
  rescued: number;
  silences: number;
  notNow: number;
  starts: number[];
  startsInVain: number;
  /** From the last fault until all had ended and was told. */
  drainMs: number;
  /** Where the history lies, if it is worth a look. */
  kept: string | null;
  complaints: string[];
}

interface Campaign {
  options: CampaignOptions;
  chance: Chance;
  history: History;
  folder: string;
  server: PostgresProcess;
  replicas: Replica[];
  wire: RoamingWire;
  peers: Peer[];
  clients: Client[];
  /** What keeps it from ending. */
  stuck: string[];
  drainMs: number;
}

export async function campaign(options: CampaignOptions): Promise<Report> {
  const run = await begin(options);
  // Whoever interrupts it leaves nothing behind.
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (signal: string): void => interrupted.reject(new Error(`interrupted by ${signal}`));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const abandon = (): void => {
    for (const replica of run.replicas) {
      replica.abandon();
    }
    void run.server.end();
  };
  process.once('exit', abandon);
  try {
    return await Promise.race([whole(run), interrupted.promise]);
  } finally {
    await Promise.all(run.replicas.map(async (replica) => replica.close()));
    await Promise.all([run.wire.close(), ...run.peers.map(async (peer) => peer.close())]);
    await run.server.end();
    rmSync(run.folder, { recursive: true, force: true });
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('exit', abandon);
  }
}

async function whole(run: Campaign): Promise<Report> {
  const { options, chance, replicas, server, clients } = run;
  await enrolAll(run);
  const working = Promise.all(clients.map(async (client) => client.run()));
  const done = await strike({
    ...{ chance, replicas, server, leaseMs: LEASE_MS, rounds: options.rounds },
    hasStruck: async () => hasOvertaken(server.url),
    onRound: (round) => options.onRound(round, acceptedIn(run.history)),
  });
  await drain(run, working);
  return reportOf(run, done);
}

async function begin(options: CampaignOptions): Promise<Campaign> {
  const chance = new Chance(options.seed);
  const history = newHistory();
  const folder = mkdtempSync(join(tmpdir(), 'errand-chaos-'));
  const server = await PostgresProcess.at({ folder, data: join(folder, 'data') });
  server.make();
  await server.start();
  const replicas = await Promise.all(
    REPLICAS.map(async (name) => Replica.begin({ name, folder, database: server.url, leaseMs: LEASE_MS })),
  );
  const wire = new RoamingWire(
    replicas.map(({ origin }) => origin),
    chance.fork(),
  );
  const peers = await startPeers(chance.fork(), history, [...ROLES, PATIENT]);
  const clients = Array.from(
    { length: options.clients },
    (_, index) => new Client({ id: `client-${index}`, wire, history, chance: chance.fork(), callees: peers }),
  );
  return { options, chance, history, folder, server, replicas, wire, peers, clients, stuck: [], drainMs: 0 };
}

async function enrolAll({ replicas, clients, peers, wire }: Campaign): Promise<void> {
  await Promise.all(replicas.map(async (replica) => replica.serving()));
  const seats = [
    ...clients.map(({ id }) => ({ id, name: id })),
    ...peers.map(({ id, url, capacity, card }) => ({ id, name: id, url, capacity, agent_card: card })),
  ];
  for (const body of seats) {
    const answer = await wire.insist({ method: 'POST', path: '/workspaces', body });
    if (answer.status !== 201) {
      throw new Error(`${body.id} was not enrolled: ${answer.text}`);
    }
  }
}

/** No more faults, no more offers, and time for everything to end. */
async function drain(run: Campaign, working: Promise<unknown>): Promise<void> {
  const { clients, replicas, wire } = run;
  await Promise.all(replicas.map(async (replica) => replica.serving()));
  const from = performance.now();
  for (const client of clients) {
    client.close();
  }
  if (!(await isWithin(DRAIN_MS_MAX, working))) {
    const waiting = clients.flatMap((client) => client.waiting).slice(0, 20);
    run.stuck.push(`not drained in ${DRAIN_MS_MAX} ms: ${waiting.join(' ')}; last calls:\n${wire.last.join('\n')}`);
  }
  run.drainMs = performance.now() - from;
  await readEnd(run);
  await Promise.all(replicas.map(async (replica) => replica.look()));
}

async function reportOf(run: Campaign, done: Done): Promise<Report> {
  const { replicas, wire, history, options } = run;
  const verdict = check(history);
  for (const what of [...run.stuck, ...replicas.flatMap(({ deaths }) => deaths), ...wire.faults]) {
    verdict.findings.push({ kind: 'other', id: 'platform', what });
  }
  const sum = (of: (replica: Replica) => number): number => replicas.map(of).reduce((one, other) => one + other, 0);
  return {
    ...verdict,
    ...done,
    ...(await countsIn(run.server.url)),
    fenced: sum(({ fenced }) => fenced),
    silences: wire.silences,
    notNow: wire.notNow,
    starts: replicas.flatMap(({ starts }) => starts),
    startsInVain: sum(({ startsInVain }) => startsInVain),
    drainMs: run.drainMs,
    complaints: replicas.flatMap(({ complaints }) => complaints),
    kept: verdict.findings.length === 0 ? null : keep(history, options.seed),
  };
}

/** Not known while the database is away. */
async function hasOvertaken(url: string): Promise<boolean> {
  return countsIn(url).then(
    ({ overtaken }) => overtaken > 0,
    () => false,
  );
}

/** What only the store knows. */
async function countsIn(url: string): Promise<Pick<Report, 'overtaken' | 'rescued'>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {
    // It is being restarted; the query says so as well.
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ overtaken: string; rescued: string }>(
      `SELECT (SELECT count(*) FROM late_result l JOIN delegation d ON d.key = l.delegation AND l.epoch < d.epoch
          WHERE l.what = 'complete') AS overtaken,
        (SELECT count(*) FROM event WHERE type = 'delegation.returned' AND data::json ->> 'why' = 'lease_lost') AS rescued`,
    );
    return { overtaken: Number(rows[0]?.overtaken), rescued: Number(rows[0]?.rescued) };
  } finally {
    await client.end();
  }
}

function keep(history: History, seed: number): string {
  const path = join(mkdtempSync(join(tmpdir(), 'errand-chaos-history-')), `seed-${seed}.json`);
  writeFileSync(path, JSON.stringify(history));
  return path;
}

function acceptedIn(history: History): number {
  return history.submissions.filter(({ status }) => status === 202).length;
}
