/**
 * `npm run bench -- [engine|http|queued|all] [--rounds N] [--quick] [--json]`: what is measured, how, and against what.
 *
 * Durable commits, one delegation per call from the client's view, medians of several rounds with their spread. The
 * yardstick runs in the same rounds on the same machine, because only ratios travel.
 */
import { parseArgs } from 'node:util';
import { conditions } from './conditions.ts';
import { benchEngine } from './engine-rounds.ts';
import { benchHttp } from './http.ts';
import { benchQueued } from './queued.ts';
import { printed, type Figure } from './figure.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const what = positionals[0] ?? 'all';
const plan = { rounds: Number(values.rounds), quick: values.quick };
const where = conditions();
const figures: Figure[] = [];
const tell = (line: string): void => {
  if (!values.json) {
    console.log(line);
  }
};

tell(
  Object.entries(where)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
);
if (what === 'engine' || what === 'all') {
  figures.push(...(await benchEngine(plan, tell)));
}
if (what === 'http' || what === 'all') {
  figures.push(...(await benchHttp(plan, tell)));
}
if (what === 'queued' || what === 'all') {
  figures.push(...(await benchQueued(plan, tell)));
}
console.log(values.json ? JSON.stringify({ conditions: where, figures }) : printed(figures));
