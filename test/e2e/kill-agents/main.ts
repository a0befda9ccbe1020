/**
 * `node test/e2e/kill-agents/main.ts --rounds 200 --seed 1`: the campaign at any length, with a summary.
 *
 * Says how many there were beside every "0 lost": no failure among N bounds the rate at about 3/N.
 */
import { parseArgs } from 'node:util';
import { campaign } from './campaign.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '4' },
  },
});
const [rounds, seed, clients] = [values.rounds, values.seed, values.clients].map(Number) as [number, number, number];
const startedAt = performance.now();
console.log(`kill -9 of agents and platform: ${rounds} rounds, seed ${seed}, ${clients} clients`);
const report = await campaign({
  ...{ rounds, seed, clients },
  onRound(round, accepted) {
    if (round % 10 === 0 || round === rounds) {
      console.log(`round ${round}: ${accepted} accepted, ${Math.round((performance.now() - startedAt) / 1000)} s`);
    }
  },
});
const { accepted, settled, delivered, ran, ranAgain, findings, kills, taken, left, complaints } = report;
const count = (kind: string): string => `${findings.filter((one) => one.kind === kind).length} of ${accepted}`;
console.log(`killed: platform ${kills.platform}, agents ${kills.agents}, all together ${kills.together}; seed ${seed}`);
console.log(
  `accepted ${accepted}, settled ${settled}, delivered ${delivered}; runs ${ran}, of which repeated ${ranAgain}`,
);
console.log(`lost ${count('lost')}, double ${count('double')}, undelivered ${count('undelivered')}`);
console.log(`strangers ${count('stranger')}, other ${count('other')}`);
console.log(`slots that nobody gave back: ${taken.length}; processes left running: ${left.length}`);
for (const line of [
  ...findings.slice(0, 40).map(({ kind, id, what }) => `${kind} ${id}: ${what}`),
  ...taken,
  ...complaints.slice(0, 10).map((complaint) => `stderr: ${complaint.trim()}`),
]) {
  console.log(`  ${line}`);
}
process.exit(findings.length === 0 && taken.length === 0 && left.length === 0 && accepted > 0 ? 0 : 1);
