/**
 * Two agents: a planner hands the parts of its task to a researcher. `npm run -s example -- two-agents`
 *
 * In a project of your own `connect` is imported from `errand`, and `agent` from `errand/agent`.
 */
import assert from 'node:assert/strict';
import { agent } from '../../src/runtime/agent/index.ts';
import { connect } from '../../src/runtime/index.ts';
import { errandAt, onPlatform } from '../platform.ts';

const FACTS: Record<string, string> = { trains: 'every hour', weather: 'mild', museums: 'closed on Mondays' };

const researcher = agent({
  name: 'researcher',
  role: 'knows things',
  handle: (task) => `${task.text}: ${FACTS[task.text]}`,
});

const planner = agent({
  name: 'planner',
  role: 'plans trips',
  async handle(task, context) {
    const findings = Object.keys(FACTS).map(async (part) => {
      const handle = await context.delegate({ to: 'researcher', task: part });
      return (await handle.done).text;
    });
    return [`A plan for ${task.text}.`, ...(await Promise.all(findings))].join('\n');
  },
});

await onPlatform('A planner, a researcher, and you.', async (url) => {
  const serving = await Promise.all([planner.serve({ url }), researcher.serve({ url })]);
  const errand = await connect({ url, workspace: 'operator' });

  const trip = await errand.delegate({ to: 'planner', task: 'a day in Lisbon' });
  const { status, text } = await trip.done;
  console.log(`${trip.id} is ${status}:\n${text}\n`);
  assert.equal(text, 'A plan for a day in Lisbon.\ntrains: every hour\nweather: mild\nmuseums: closed on Mondays');

  // What the planner delegated belongs to the task that it did it for.
  const shown = await errandAt(url, 'show', trip.id);
  assert.equal(shown.match(/^child {2}dlg_\w+ {2}completed at researcher$/gmu)?.length, 3);

  await errand.close();
  await Promise.all(serving.map(async (one) => one.stop()));
});
