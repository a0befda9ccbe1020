/**
 * One database through so many power cuts: it serves, is written to, loses its power at a moment that chance chooses,
 * recovers, and is held to what it had answered.
 *
 * One cut in five is followed by another one while the database recovers. After half of the cuts the engine is a new
 * one, as after the loss of a whole machine; after the others it is the one that had lived through it elsewhere.
 */
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { LIMITS } from '../../../src/core/delegation/index.ts';
import { openPostgres } from '../../../src/engines/postgres/engine.ts';
import { type Harness, Scene } from '../../../src/testing/index.ts';
import { ManualClock } from '../../support/clock.ts';
import { SeededIds } from '../../support/ids.ts';
import { PostgresProcess } from '../../support/postgres-process.ts';
import { Chance } from '../witness/chance.ts';
import { CALLEE, CALLER } from './cast.ts';
import { Disk } from './disk.ts';
import { freeze, kill } from './freeze.ts';
import { type Findings, judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { Load } from './load.ts';

const NOBODY = 65_534;
const CAPACITY = 1_000_000;

/** Small pieces, so that a cut often meets a checkpoint or the change from one piece of the log to the next. */
const SETTINGS = ['max_wal_size=8MB', 'checkpoint_timeout=30s', 'shared_buffers=16MB', 'max_connections=20'];

export interface SeriesOptions {
  /** A folder in the memory of this namespace. */
  folder: string;
  name: string;
  settings: readonly string[];
  cycles: number;
  seed: number;
  /** One that is to lose. */
  isControl: boolean;
  onCycle?: (cycle: number, soFar: SeriesReport) => void;
}

export interface SeriesReport extends Findings {
  name: string;
  cycles: number;
  cuts: number;
  cutsInRecovery: number;
  accepted: number;
  settled: number;
  unknown: number;
  /** There is no database left to go on with: only a control comes to that. */
  isGone: boolean;
}

interface Series {
  options: SeriesOptions;
  chance: Chance;
  disk: Disk;
  server: PostgresProcess;
  ledger: Ledger;
  report: SeriesReport;
  engines: number;
}

export async function runSeries(options: SeriesOptions): Promise<SeriesReport> {
  const series = await begin(options);
  const { disk, server, report, ledger } = series;
  try {
    let scene: Scene | undefined;
    for (let cycle = 1; cycle <= options.cycles && !report.isGone; cycle += 1) {
      scene = await cycleOf(series, scene);
      report.cycles = cycle;
      options.onCycle?.(cycle, report);
    }
    if (scene !== undefined && !options.isControl) {
      Object.assign(report, await judge(scene.engine, ledger.entries));
    }
    await scene?.close();
  } finally {
    await server.end();
    disk.unmount();
    disk.discard();
  }
  return report;
}

async function begin(options: SeriesOptions): Promise<Series> {
  const { folder, name, settings, seed } = options;
  const disk = new Disk(join(folder, name));
  disk.mount();
  chownSync(disk.files, NOBODY, NOBODY);
  const its = join(folder, 'server');
  mkdirSync(its, { recursive: true });
  const data = join(disk.files, 'data');
  const server = await PostgresProcess.at({ data, folder: its, settings: [...SETTINGS, ...settings] });
  server.make(['--wal-segsize=1']);
  await server.start();
  const series: Series = {
    ...{ options, disk, server, engines: 0 },
    chance: new Chance(seed),
    ledger: { entries: [], unknown: 0 },
    report: {
      ...{ name, cycles: 0, cuts: 0, cutsInRecovery: 0, accepted: 0, settled: 0, unknown: 0 },
      ...{ lost: [], broken: [], isGone: false },
    },
  };
  await enrol(series);
  return series;
}

/** On the disk before the first cut: a control is to lose what was written last, and not everything. */
async function enrol(series: Series): Promise<void> {
  const { disk, server } = series;
  const scene = await newScene(series);
  await scene.enrol(CALLER, { carrier: 'none' });
  await scene.enrol(CALLEE, { capacity: CAPACITY });
  await scene.close();
  await server.end('SIGINT');
  disk.unmount();
  disk.mount();
  await server.start();
}

/** Leaves the server running, and answers with who is to go on. */
async function cycleOf(series: Series, before: Scene | undefined): Promise<Scene> {
  const { chance, ledger, report } = series;
  const scene = before ?? (await newScene(series));
  const first = ledger.entries.length;
  const load = new Load(scene, chance.fork(), ledger);
  await Promise.race([load.ended(), meanwhile(series)]);
  await cutPower(series, () => load.cut());
  await load.ended();
  if (chance.once(0.2)) {
    series.server.launch();
    await pause(chance.between(0, 150));
    await cutPower(series, () => {});
    report.cutsInRecovery += 1;
  }
  report.accepted = ledger.entries.length;
  report.settled = ledger.entries.filter(({ result }) => result?.isAnswered === true).length;
  report.unknown = ledger.unknown;
  return recovered(series, scene, first);
}

/** A control may come to no database at all, which is a loss of everything. */
async function recovered(series: Series, scene: Scene, first: number): Promise<Scene> {
  const { chance, ledger, report, options } = series;
  const written = ledger.entries.slice(first);
  const isNew = options.isControl || chance.once(0.5);
  if (isNew) {
    await scene.close();
  }
  try {
    await series.server.start();
    const next = isNew ? await newScene(series) : scene;
    const found = await judge(next.engine, written);
    report.lost.push(...found.lost);
    report.broken.push(...found.broken);
    return next;
  } catch (error) {
    if (!options.isControl) {
      throw error;
    }
    report.isGone = true;
    report.lost.push(...written.map(({ id }) => id));
    report.broken.push(`no database any more: ${error instanceof Error ? error.message : String(error)}`);
    return scene;
  }
}

/** The time between two cuts; sometimes everything is being written back just then. */
async function meanwhile({ chance, server }: Series): Promise<void> {
  await pause(chance.between(50, 1200));
  if (chance.once(0.4)) {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => {
      // The cut ends it.
    });
    await client.connect();
    client.query('CHECKPOINT').catch(() => {
      // As above.
    });
    await pause(chance.between(0, 60));
  }
}

async function cutPower({ disk, server, report }: Series, onFrozen: () => void): Promise<void> {
  const pids = await freeze(server.pid ?? 0);
  onFrozen();
  disk.cut();
  await Promise.all([server.end('SIGKILL'), kill(pids)]);
  disk.unmount();
  disk.mount();
  report.cuts += 1;
}

async function newScene(series: Series): Promise<Scene> {
  series.engines += 1;
  return new Scene(await openStore(series, new SeededIds(series.options.seed * 1000 + series.engines)));
}

async function openStore(series: Series, ids: SeededIds): Promise<Harness> {
  const clock = new ManualClock();
  const owner = `srv_${series.engines}`;
  const engine = await openPostgres({ url: series.server.url, clock, timeOf: 'clock', ids, limits: LIMITS, owner });
  return { engine, clock, ids, reopen: async () => openStore(series, ids), close: async () => engine.close() };
}
