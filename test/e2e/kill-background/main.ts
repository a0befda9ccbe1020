/**
 * `node test/e2e/kill-background/main.ts --rounds 200 --seed 1`: the campaign at any length, with a summary.
 *
 * Says how many there were beside every "0 lost": no failure among N bounds the rate at about 3/N.
 */
import { parseArgs } from 'node:util';
import { campaign } from './campaign.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [rounds, seed] = [values.rounds, values.seed].map(Number) as [number, number];
const startedAt = performance.now();
console.log(`kill -9 of a program with background delegation: ${rounds} rounds, seed ${seed}`);
const report = await campaign({
  ...{ rounds, seed },
  onRound(round, accepted) {
    if (round % 20 === 0 || round === rounds) {
      console.log(`round ${round}: ${accepted} accepted, ${Math.round((performance.now() - startedAt) / 1000)} s`);
    }
  },
});
const { accepted, settled, ran, ranAgain, unknown, told, toldAgain, waited, findings, complaints } = report;
const count = (kind: string): string => `${findings.filter((one) => one.kind === kind).length} of ${settled}`;
console.log(`killed ${rounds} times, ${report.killedInStart} of them in the start; seed ${seed}`);
console.log(`accepted ${accepted}, settled with their children ${settled}; runs ${ran}, of which repeated ${ranAgain}`);
console.log(`told ${told}, of which again after a kill ${toldAgain}; waited for ${waited}; outcome unknown ${unknown}`);
console.log(`lost ${count('lost')}, double ${count('double')}, run again ${count('again')}`);
console.log(`untold ${count('untold')}, told twice ${count('twice')}, other ${count('other')}`);
for (const line of [
  ...findings.slice(0, 40).map(({ kind, id, what }) => `${kind} ${id}: ${what}`),
  ...complaints.slice(0, 10).map((complaint) => complaint.trim()),
  ...(report.kept === null ? [] : [`the ledger and the file are in ${report.kept}`]),
]) {
  console.log(`  ${line}`);
}
process.exit(findings.length === 0 && complaints.length === 0 && accepted > 0 ? 0 : 1);
