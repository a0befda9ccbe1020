/**
 * The whole of it: the database as it is meant to be set, which must lose nothing, and two controls, which must lose.
 *
 * A database that answers before it writes shows that the cut comes at a bad moment; one that writes without waiting
 * for the disk shows that the cut takes what was not on the disk. Where a control loses nothing, nothing is proved.
 */
import { runSeries, type SeriesOptions, type SeriesReport } from './series.ts';

export interface CampaignOptions {
  folder: string;
  cycles: number;
  seed: number;
}

export interface Report {
  kept: SeriesReport;
  controls: SeriesReport[];
}

const CONTROL_CYCLES = 3;
const CONTROLS = ['synchronous_commit=off', 'fsync=off'];

export async function campaign({ folder, cycles, seed }: CampaignOptions): Promise<Report> {
  const usual = { folder, seed, onCycle: say };
  const settings = ['synchronous_commit=on'];
  const kept = await runSeries({ ...usual, name: 'as-meant', settings, cycles, isControl: false });
  const controls: SeriesReport[] = [];
  for (const setting of CONTROLS) {
    controls.push(await control({ ...usual, name: setting, settings: [setting], cycles: CONTROL_CYCLES }));
  }
  return { kept, controls };
}

async function control(options: Omit<SeriesOptions, 'isControl'>): Promise<SeriesReport> {
  return runSeries({ ...options, isControl: true });
}

function say(cycle: number, { name, accepted, lost }: SeriesReport): void {
  console.error(`${name}: cycle ${cycle}, ${accepted} accepted, ${lost.length} lost`);
}
