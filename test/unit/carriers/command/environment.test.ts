/** What a program is given to know, as the program itself sees it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Outcome } from '../../../../src/core/ports/index.ts';
import { assignmentFor, watched } from '../../../../src/testing/carrier-suite.ts';
import { programStage } from './stage.ts';

const SECRETS = {
  ERRAND_KEY: 'operator',
  DATABASE_URL: 'postgres://user:secret@host/db',
  OPENAI_API_KEY: 'sk-1',
  LC_secret: 'no',
  NODE_OPTIONS: '--require x',
  LD_PRELOAD: 'x.so',
};
const stage = programStage({
  environment: { ...SECRETS, HOME: '/home/x', LC_ALL: 'C.UTF-8', LANG: 'C', MY_TOKEN: 'listed', EMPTY: '' },
});
after(async () => stage.close());

function linesOf(outcome: Outcome): string[] {
  assert.equal(outcome.kind, 'completed');
  return outcome.kind === 'completed' ? outcome.output.text.split('\0').filter((line) => line !== '') : [];
}

async function environmentWith(environment: readonly string[], more: object = {}): Promise<Map<string, string>> {
  const callee = stage.script('exec env -0', { environment });
  const lines = linesOf(await stage.carrier.deliver(assignmentFor(callee, more), watched()));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('C18: the environment of a program', () => {
  test('holds the usual, what was listed, and its task’s own, and nothing else', async () => {
    const found = await environmentWith(['MY_TOKEN', 'EMPTY', 'NOT_SET', 'constructor', '__proto__'], {
      id: 'dlg_x',
      caller: 'me',
      conversation: 'talk',
      attempt: 3,
      deadlineAt: Date.UTC(2030, 0, 1),
      traceparent: '00-1-2-01',
      attemptToken: 'att_1',
    });
    // What the shell sets for itself.
    found.delete('PWD');
    found.delete('OLDPWD');
    found.delete('_');
    const run = found.get('ERRAND_RUN') ?? '';
    assert.match(run, new RegExp(`^${process.pid}[.]\\d+[.]\\d+[.]\\d+$`, 'u'));
    assert.deepEqual(
      Object.fromEntries([...found].toSorted()),
      Object.fromEntries(
        Object.entries({
          PATH: process.env['PATH'],
          ...{ HOME: '/home/x', LC_ALL: 'C.UTF-8', LANG: 'C', MY_TOKEN: 'listed', EMPTY: '' },
          ...{ TERM: 'dumb', NO_COLOR: '1', ERRAND_URL: 'http://127.0.0.1:1', ERRAND_TOKEN: 'att_1' },
          ...{ ERRAND_WORKSPACE: found.get('ERRAND_WORKSPACE'), ERRAND_DELEGATION_ID: 'dlg_x', ERRAND_CALLER: 'me' },
          ...{ ERRAND_ATTEMPT: '3', ERRAND_DEADLINE: '2030-01-01T00:00:00.000Z', ERRAND_CONVERSATION_ID: 'talk' },
          ...{ TRACEPARENT: '00-1-2-01', ERRAND_RUN: run },
        }).toSorted(),
      ),
    );
  });

  test('holds its task’s own also where the operator listed the same names', async () => {
    const found = await environmentWith(['ERRAND_RUN', 'ERRAND_TOKEN'], { attemptToken: 'att_2' });
    assert.equal(found.get('ERRAND_TOKEN'), 'att_2');
    assert.match(found.get('ERRAND_RUN') ?? '', /^\d+[.]/u);
    assert.ok(!found.has('TRACEPARENT') && !found.has('ERRAND_CONVERSATION_ID'));
  });

  test('marks each run with another name, and each carrier of one process', async () => {
    const other = programStage();
    try {
      const callee = other.script('printf %s "$ERRAND_RUN"');
      const there = await other.carrier.deliver(assignmentFor(callee), watched());
      const runs = [await environmentWith([]), await environmentWith([])].map((found) => found.get('ERRAND_RUN'));
      assert.equal(new Set([...runs, ...linesOf(there)]).size, 3);
    } finally {
      await other.close();
    }
  });
});
