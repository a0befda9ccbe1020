import type { Report } from './campaign.ts';

/** What did not happen though it was meant to: then the run proves nothing about it. */
export function idleFaults(report: Report): string[] {
  const wanted = {
    'accepted delegation': report.accepted,
    kill: report.kills,
    'pause beyond a lease': report.pausesOverLease,
    'restart of the database': report.restarts,
    'cut connection': report.cuts,
    'result of somebody who had been overtaken': report.overtaken,
    'rescued delivery': report.rescued,
    'repeated offer': report.unknown,
  };
  return Object.entries(wanted)
    .filter(([, count]) => count === 0)
    .map(([name]) => name);
}
