/**
 * What holds for every way to reach a callee, on every engine: the same list, judged by what the callee wrote down and
 * by what the API says. After each rule the callee has no task, no slot and no place in a queue left.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LEASE_MS, type Seen } from './house.ts';
import { long } from './script.ts';
import type { Stand, Way } from './ways.ts';

export interface Rule {
  title: string;
  /** Absent: of every way. */
  of?: (way: Way) => boolean;
  check(stand: Stand, way: Way): Promise<void>;
}

const RESULT_BYTES_MAX = 8 * 1024 * 1024;
let gates = 0;

function gate(): string {
  gates += 1;
  return `gate-${gates}`;
}

export const RULES: readonly Rule[] = [
  {
    title: 'C10: it is acknowledged, its progress is seen, and its result comes back',
    async check({ house }) {
      const [opens, text] = [gate(), 'done'];
      const id = await house.delegate({ do: 'note', note: 'half way', gate: opens, text });
      await house.until(id, (seen) => seen.status === 'in_progress' && seen.progress?.message === 'half way');
      house.open(opens);
      await completed(await house.ending(id), text);
      assert.equal(house.ran(id), 1);
    },
  },
  {
    title: 'C16: a question reaches the caller, and its answer the callee',
    async check({ house }) {
      const id = await house.delegate({ do: 'ask', question: 'Which colour?' });
      const asked = await house.until(id, ({ status }) => status === 'input_required');
      assert.equal(asked.question, 'Which colour?');
      await house.call('POST', `/workspaces/caller/delegations/${id}/answer`, { text: 'blue' });
      await completed(await house.ending(id), 'told: blue');
    },
  },
  {
    title: 'C9: cancelled before it starts it never starts',
    async check({ house }) {
      const opens = gate();
      const first = await house.delegate({ do: 'wait', gate: opens, text: 'first' });
      const second = await house.delegate({ do: 'answer', text: 'never' });
      await house.until(first, ({ status }) => status === 'in_progress');
      const ended = await cancelled(house, second);
      assert.equal(ended.callee_confirmed, true);
      house.open(opens);
      await completed(await house.ending(first), 'first');
      assert.equal(house.ran(second), 0);
    },
  },
  {
    title: 'C9: cancelled while it works the callee stops, and confirms it',
    async check({ house }) {
      const id = await house.delegate({ do: 'hang' });
      await began(house, id);
      const ended = await cancelled(house, id);
      assert.equal(ended.callee_confirmed, true);
      await wrote(house, id, 'stopped');
    },
  },
  {
    title: 'C9: a cancel that comes after the ending changes nothing',
    async check({ house }) {
      const id = await house.delegate({ do: 'answer', text: 'kept' });
      await house.ending(id);
      await house.call('POST', `/workspaces/caller/delegations/${id}/cancel`, {});
      await completed(await house.look(id), 'kept');
    },
  },
  {
    title: 'C6: what the callee reports as failed is failed, in its words',
    async check({ house }) {
      const ended = await house.ending(await house.delegate({ do: 'fail', error: 'the disk is full' }));
      assert.equal(`${ended.status} ${ended.reason}`, 'failed callee_failed');
      assert.match(ended.error ?? '', /the disk is full/u);
    },
  },
  ...[0, 1, 65_536, 1_048_577, RESULT_BYTES_MAX].map((bytes): Rule => ({
    title: `D5: a result of ${bytes} bytes comes back whole`,
    async check({ house }) {
      const id = await house.delegate({ do: 'long', bytes });
      assert.equal((await house.ending(id)).status, 'completed');
      const result = await house.result(id);
      assert.equal(result.length, bytes);
      assert.equal(result.sha256, hash('sha256', long(bytes)));
      assert.equal(hash('sha256', result.text), result.sha256);
    },
  })),
  {
    title: 'C13: a result beyond the bound is refused, and said to be',
    async check({ house }) {
      const ended = await house.ending(await house.delegate({ do: 'long', bytes: RESULT_BYTES_MAX + 2 }));
      assert.equal(`${ended.status} ${ended.reason}`, 'failed result_too_large');
    },
  },
  {
    title: 'C14: data and files come back as they were given',
    async check({ house }) {
      const parts = [
        { kind: 'text', text: 'see below' },
        { kind: 'data', data: { rows: [1, 'zwei', null, { deep: [true] }] } },
        { kind: 'file', name: 'a.txt', mimeType: 'text/plain', bytes: 'aGVsbG8=' },
        { kind: 'file', name: 'b.bin', uri: 'https://files.example/b.bin' },
      ];
      const id = await house.delegate({ do: 'parts', text: 'see below', parts });
      assert.equal((await house.ending(id)).status, 'completed');
      assert.deepEqual((await house.result(id)).parts, parts);
    },
  },
  {
    title: 'D8: of one caller in one conversation the order holds',
    async check({ house }) {
      const ids: string[] = [];
      for (const text of ['one', 'two', 'three', 'four']) {
        ids.push(await house.delegate({ do: 'answer', text }, { conversation_id: 'lane' }));
      }
      await Promise.all(ids.map((id) => house.ending(id)));
      const order = ids.map((id) => house.ledger(id)[0]!);
      const all = [...new Set(ids.flatMap((id) => house.ledger(id)))];
      assert.deepEqual(all.filter(({ what }) => what === 'began').length, 4);
      assert.deepEqual(
        order.map(({ id }) => id),
        ids,
      );
    },
  },
  {
    title: 'D2: the platform is killed while it works: one ending, and no second run where the callee lives on',
    async check({ house }, way) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'after all' });
      await began(house, id);
      const [{ pid = -1 } = {}] = house.ledger(id);
      const downMs = await house.restart();
      if (!way.outlivesPlatform) {
        await until(() => house.ran(id) === 2);
        await until(() => !isAlive(pid));
      }
      house.open(opens);
      await completed(await house.ending(id), 'after all');
      // A machine that takes longer than a lease to start a platform has lost it.
      const isLost = !way.outlivesPlatform || downMs > LEASE_MS / 2;
      assert.ok(house.ran(id) <= (isLost ? 2 : 1), `${house.ran(id)} runs, down for ${Math.round(downMs)} ms`);
    },
  },
  {
    title: 'D6: the platform stands still beyond its lease: one ending',
    async check({ house }) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'in the end' });
      await began(house, id);
      house.halt();
      await pause(LEASE_MS + 500);
      house.goOn();
      house.open(opens);
      await completed(await house.ending(id), 'in the end');
    },
  },
  {
    title: 'at_most_once: after a kill of all that knew of it, it is said to be unknown, and never run again',
    async check({ house, agent }) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'never' }, { delivery: 'at_most_once' });
      await began(house, id);
      await Promise.all([house.kill(), agent?.kill()]);
      await Promise.all([house.start(), agent?.start()]);
      const ended = await house.ending(id);
      assert.equal(`${ended.status} ${ended.reason}`, 'failed outcome_unknown');
      assert.equal(house.ran(id), 1);
    },
  },
  {
    title: 'D1: platform and callee are killed together: it is done all the same, and ends once',
    async check({ house, agent }) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'done at last' });
      await began(house, id);
      await Promise.all([house.kill(), agent?.kill()]);
      await Promise.all([house.start(), agent?.start()]);
      await until(() => house.ran(id) >= 2);
      house.open(opens);
      await completed(await house.ending(id), 'done at last');
    },
  },
  {
    title: 'D1: the callee is killed while it works: it is done all the same, and ends once',
    of: ({ name }) => name !== 'in process',
    async check({ house, agent }) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'second try' });
      await began(house, id);
      if (agent === undefined) {
        process.kill(house.ledger(id)[0]!.pid, 'SIGKILL');
      } else {
        await agent.kill();
        await agent.start();
      }
      await until(() => house.ran(id) === 2);
      house.open(opens);
      await completed(await house.ending(id), 'second try');
    },
  },
  {
    title: 'D6: a callee that stands still beyond its lease is overtaken, and what it says then is evidence only',
    of: ({ name }) => name === 'pull',
    async check({ house, agent }) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'late' });
      await began(house, id);
      agent?.halt();
      await house.until(id, ({ status }) => status === 'queued');
      const [took] = (
        await house.call<{ epoch: number; attempt_token: string }[]>('GET', '/workspaces/callee/assignments')
      ).body;
      const stale = { epoch: took!.epoch - 2, text: 'forged from an older epoch' };
      const path = `/workspaces/callee/assignments/${id}/complete`;
      assert.equal((await house.call('POST', path, stale)).status, 409);
      assert.equal((await house.call('POST', path, { epoch: took!.epoch, text: 'in time' })).status, 200);
      house.open(opens);
      agent?.goOn();
      await completed(await house.ending(id), 'in time');
      const { late_results: late = [] } = await house.look(id);
      assert.ok(late.every(({ epoch }) => epoch < took!.epoch));
      // Awake again it may hear that it was overtaken before it has said anything.
      const said = late.map(({ excerpt }) => excerpt);
      assert.deepEqual(said, ['forged from an older epoch', 'late'].slice(0, Math.max(1, said.length)));
    },
  },
  {
    title: 'C3: the network is cut while it works: one ending, and no second run',
    of: ({ name }) => name === 'a2a' || name === 'pull',
    async check({ house, gate: wall }) {
      const opens = gate();
      const id = await house.delegate({ do: 'wait', gate: opens, text: 'whole again' });
      await began(house, id);
      wall?.shut();
      house.open(opens);
      await wrote(house, id, 'ended');
      wall?.open();
      await completed(await house.ending(id), 'whole again');
      assert.equal(house.ran(id), 1);
    },
  },
];

type House = Stand['house'];

async function completed(seen: Seen, text: string): Promise<void> {
  assert.equal(`${seen.status} ${seen.error ?? ''}`, 'completed ');
  assert.equal(seen.result?.text, text);
}

async function cancelled(house: House, id: string): Promise<Seen> {
  await house.call('POST', `/workspaces/caller/delegations/${id}/cancel`, {});
  const ended = await house.ending(id);
  assert.equal(ended.status, 'cancelled');
  return ended;
}

async function began(house: House, id: string): Promise<void> {
  await until(() => house.ran(id) > 0);
  await house.until(id, ({ status }) => status === 'in_progress');
}

async function wrote(house: House, id: string, word: string): Promise<void> {
  await until(() => house.ledger(id).some(({ what }) => what === word));
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) {
    await pause(10);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Between two rules nothing is left over: no slot, no place in a queue, no task that has two endings. */
export async function leftovers({ house }: Stand): Promise<void> {
  const { body } = await house.call<{ running: number; queued: number }>('GET', '/workspaces/callee');
  assert.deepEqual({ running: body.running, queued: body.queued }, { running: 0, queued: 0 });
  const { body: rows } = await house.call<{ delegation_id: string }[]>('GET', '/workspaces/caller/delegations?limit=1');
  const seen = await house.look(rows[0]!.delegation_id);
  assert.equal(seen.events.filter(({ type }) => type === 'delegation.settled').length, 1);
}
