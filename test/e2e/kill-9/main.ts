/**
 * `node test/e2e/kill-9/main.ts --rounds 100 --seed 1`: the campaign at any length, with one line of summary.
 *
 * Says how many there were beside every "0 lost": no failure among N bounds the rate at about 3/N.
 */
import { parseArgs } from 'node:util';
import { campaign, type Report } from './campaign.ts';
import type { Kind } from '../witness/checker.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '6' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const startedAt = performance.now();
console.log(`kill -9: ${rounds} rounds, seed ${seed}, ${values.clients} clients`);
const report = await campaign({
  rounds,
  seed,
  clients: Number(values.clients),
  onRound(round, accepted) {
    if (round % 10 === 0 || round === rounds) {
      console.log(`round ${round}: ${accepted} accepted, ${Math.round((performance.now() - startedAt) / 1000)} s`);
    }
  },
});
print(report);
process.exit(report.findings.length === 0 && report.accepted > 0 ? 0 : 1);

function print(done: Report): void {
  const { accepted, settled, delivered, unknown, ran, ranAgain, killedInStart, findings } = done;
  const of = `of ${accepted}`;
  const count = (kind: Kind): string => `${findings.filter((finding) => finding.kind === kind).length} ${of}`;
  const starts = done.starts.toSorted((one, other) => one - other);
  const at = (share: number): string => `${Math.round(starts[Math.floor(starts.length * share)] ?? 0)} ms`;
  console.log(`rounds ${done.rounds} (${killedInStart} killed in their start), seed ${seed}`);
  console.log(`accepted ${accepted}, settled ${settled}, delivered ${delivered}`);
  console.log(`lost ${count('lost')}, double ${count('double')}, undelivered ${count('undelivered')}`);
  console.log(`strangers ${count('stranger')}, other ${count('other')}`);
  console.log(`offers without an answer, offered again: ${unknown}; executions ${ran}, of which repeated ${ranAgain}`);
  console.log(`restart to serving: p50 ${at(0.5)}, p99 ${at(0.99)}, ${starts.length} starts`);
  for (const { kind, id, what } of findings.slice(0, 40)) {
    console.log(`  ${kind} ${id}: ${what}`);
  }
  for (const complaint of done.complaints.slice(0, 10)) {
    console.log(`  stderr: ${complaint.trim()}`);
  }
  if (done.kept !== null) {
    console.log(`  history: ${done.kept}`);
  }
}
