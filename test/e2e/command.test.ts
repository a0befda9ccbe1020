/**
 * `errand up` as a process, and agents that are programs, registered on the command line: what they do survives what
 * happens to the platform, and they do not survive it themselves.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../protocol/support.ts';
import { ended, errand, serving } from '../support/errand.ts';
import { keepers, marked } from '../unit/carriers/command/outside.ts';

type Json = Record<string, unknown>;

const folder = mkdtempSync(join(tmpdir(), 'errand-command-e2e-'));
const started = new Set<ChildProcess>();

after(() => {
  for (const child of started) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true });
});

async function up(data: string, ...args: string[]): Promise<ChildProcess> {
  const child = await serving(['--data', data, ...args], {
    ERRAND_BACKOFF_MOST_MS: '50',
    DELEGATION_RETRY_DELAY: '0.01',
  });
  started.add(child);
  return child;
}

/** Once it has ended, with nothing left of its own. */
async function gone(child: ChildProcess): Promise<void> {
  const pid = child.pid ?? 0;
  await until('nothing is left of it', () => marked(`ERRAND_RUN=${pid}.`).length + keepers(pid).length === 0);
}

function program(name: string, script: string): string {
  writeFileSync(join(folder, `${name}.sh`), script);
  return `/bin/sh ${name}.sh`;
}

const lines = (file: string): number =>
  existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').split('\n').length - 1 : 0;

for (const manner of [[], ['--open']]) {
  describe(`a program that was registered on the command line${manner.map((word) => `, ${word}`).join('')}`, () => {
    const data = join(folder, `data${manner.join('')}`);
    let platform: ChildProcess;

    async function json(...args: string[]): Promise<Json> {
      const { code, out, err } = await errand([...args, '--json'], { ERRAND_DATA: data });
      assert.equal(code, 0, `${args.join(' ')}: ${err}${out}`);
      return JSON.parse(out) as Json;
    }

    /** What the command line has no word for. */
    async function delegate(delivery: string): Promise<string> {
      const { url } = JSON.parse(readFileSync(join(data, 'address'), 'utf8')) as { url: string };
      const key = join(data, 'operator.key');
      const token = existsSync(key) ? { authorization: `Bearer ${readFileSync(key, 'utf8').trim()}` } : {};
      const body = JSON.stringify({ target_id: delivery, task: 'x', delivery });
      const headers = { 'content-type': 'application/json', ...token };
      const answer = await fetch(`${url}/workspaces/operator/delegate`, { method: 'POST', body, headers });
      const { delegation_id: id } = (await answer.json()) as Json;
      assert.equal(answer.status, 202);
      return String(id);
    }

    before(async () => {
      platform = await up(data, ...manner);
    });

    after(async () => {
      assert.equal(await ended(platform, 'SIGTERM'), 0);
      await gone(platform);
    });

    test('is shown with its line, does its work, and is there after a restart', { timeout: 60_000 }, async () => {
      const line = program('shout', 'tr a-z A-Z');
      const made = await json('agent', 'add', 'shouter', '--command', line, '--dir', folder);
      assert.deepEqual((made['command'] as Json)['run'], ['/bin/sh', 'shout.sh']);
      assert.equal(
        (await errand(['delegate', 'shouter', '--wait', 'hello'], { ERRAND_DATA: data })).out.trim(),
        'HELLO',
      );
      assert.equal(await ended(platform, 'SIGTERM'), 0);
      await gone(platform);
      platform = await up(data, ...manner);
      const listed = await errand(['agent', 'list'], { ERRAND_DATA: data });
      assert.match(listed.out, /^shouter +online +command /mu);
      assert.equal(
        (await errand(['delegate', 'shouter', '--wait', 'again'], { ERRAND_DATA: data })).out.trim(),
        'AGAIN',
      );
    });

    test('is refused in words where it is none', async () => {
      const { code, err } = await errand(['agent', 'add', 'none', '--command', 'no-such-program'], {
        ERRAND_DATA: data,
      });
      assert.equal(code, 4);
      assert.match(err, /there is no program no-such-program/u);
    });

    test('that was at work when the platform was killed runs again, or not at all', { timeout: 100_000 }, async () => {
      const tag = manner.join('') || 'keys';
      const script = `echo ran >> $1; [ -f go ] && { printf done; exit; }; echo alive >&2; while :; do sleep 0.02; done`;
      const line = program('stays', script);
      for (const delivery of ['at_most_once', 'at_least_once']) {
        await json('agent', 'add', delivery, '--command', `${line} ${delivery}${tag}`, '--dir', folder);
      }
      const one = await delegate('at_most_once');
      const other = await delegate('at_least_once');
      await until('both are at work', async () => {
        const rows = await Promise.all([json('show', one), json('show', other)]);
        return rows.every((row) => row['progress'] !== undefined && row['progress'] !== null);
      });
      await ended(platform, 'SIGKILL');
      writeFileSync(join(folder, 'go'), '');
      platform = await up(data, ...manner);
      const [first, second] = [
        await until('one has its ending', async () => settled(await json('show', one))),
        await until('the other, too', async () => settled(await json('show', other))),
      ];
      assert.deepEqual([first['status'], first['reason']], ['failed', 'outcome_unknown'], JSON.stringify(first));
      assert.equal(second['status'], 'completed', JSON.stringify(second));
      assert.deepEqual([lines(`at_most_once${tag}`), lines(`at_least_once${tag}`)], [1, 2]);
      rmSync(join(folder, 'go'));
    });
  });
}

function settled(row: Json): Json | undefined {
  return ['completed', 'failed', 'cancelled'].includes(String(row['status'])) ? row : undefined;
}
