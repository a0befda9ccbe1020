/**
 * Agents that are programs, through the platform: their order, their questions, their own delegations, their change to
 * another kind of agent and back, and whatever anybody says in the place of a program.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { marked, nobodyLeft } from '../unit/carriers/command/outside.ts';
import { assertTyped } from './route-table.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
const folder = mkdtempSync(join(tmpdir(), 'errand-command-'));
const STAYS = 'while :; do sleep 0.02; done';

before(async () => {
  house = await openHouse();
  await house.seat('lead');
});

after(async () => {
  await house.close();
  await nobodyLeft();
  rmSync(folder, { recursive: true });
});

async function seat(id: string, script: string, more: Record<string, unknown> = {}): Promise<Fields> {
  writeFileSync(join(folder, `${id}.sh`), script);
  const { command, ...rest } = more as { command?: object };
  return house.seat(id, { command: { run: ['/bin/sh', `${id}.sh`], directory: folder, ...command }, ...rest });
}

async function run(id: string, more: Record<string, unknown> = {}): Promise<Fields> {
  return house.ended('lead', (await house.delegate('lead', id, more)).delegation_id);
}

async function shown(caller: string, id: string): Promise<Fields> {
  return (await house.call('GET', `/workspaces/${caller}/delegations/${id}`)).body;
}

describe('an agent that is a program', () => {
  test('is delegated to like any other, and its result is what it wrote', async () => {
    await seat('upper', `tr a-z A-Z`);
    const done = await run('upper', { task: 'make it loud' });
    assert.deepEqual([done.status, done.result.text], ['completed', 'MAKE IT LOUD']);
  });

  test('is shown as an agent like any other', async () => {
    await seat('plain', 'cat', { role: 'repeats', agent_card: { name: 'plain', skills: [{ id: 'repeat' }] } });
    const found = await house.call('GET', '/registry/lead/peers');
    const peer = found.rows.find(({ id }) => id === 'plain');
    assert.ok(peer !== undefined, found.text.slice(0, 300));
    assert.ok(!JSON.stringify(peer).includes('plain.sh'));
  });

  test('keeps the order before it, while one task never ends until its deadline', async () => {
    await seat('single', `read -r task; echo "$task" >> order; case $task in stay*) ${STAYS};; esac; printf "$task"`, {
      ...{ capacity: 1, command: { grace_ms: 100 } },
    });
    const stay = await house.delegate('lead', 'single', { task: 'stay', deadline_ms: 1500 });
    const rest = [];
    for (const task of ['one', 'two', 'three']) {
      rest.push(await house.delegate('lead', 'single', { task }));
    }
    const late = await house.ended('lead', stay.delegation_id);
    assert.deepEqual([late.status, late.reason], ['failed', 'deadline_exceeded'], JSON.stringify(late));
    for (const { delegation_id: id } of rest) {
      assert.equal((await house.ended('lead', id)).status, 'completed');
    }
    assert.deepEqual(readFileSync(join(folder, 'order'), 'utf8').trim().split('\n'), ['stay', 'one', 'two', 'three']);
  });

  test('asks, and has its question back with the answer', async () => {
    const script = `input=$(cat); case $input in
      *'The answer:'*) printf '%s' "$input";;
      *) echo '{"type":"ask","question":"Which colour?"}';; esac`;
    await seat('asker', script, { command: { dialect: 'errand' } });
    const { delegation_id: id } = await house.delegate('lead', 'asker', { task: 'paint it' });
    await until('it asks', async () => (await shown('lead', id)).status === 'input_required');
    assert.equal(
      (await house.call('POST', `/workspaces/lead/delegations/${id}/answer`, { body: { text: 'red' } })).status,
      200,
    );
    const done = await house.ended('lead', id);
    assert.equal(done.result.text, 'paint it\n\nYou asked:\nWhich colour?\n\nThe answer:\nred');
  });

  test('says what it does, and what went wrong', async () => {
    await seat('worker', `echo '{"type":"progress","message":"half way","percent":50}'; ${STAYS}`, {
      command: { dialect: 'errand' },
    });
    const { delegation_id: id } = await house.delegate('lead', 'worker');
    const seen = await until('progress', async () => {
      const row = await shown('lead', id);
      return row['progress'] === undefined || row['progress'] === null ? undefined : row;
    });
    assert.deepEqual([seen.status, seen['progress']], ['in_progress', { message: 'half way', percent: 50 }]);
    await house.call('POST', `/workspaces/lead/delegations/${id}/cancel`);
    assert.equal((await house.ended('lead', id)).status, 'cancelled');
    await seat('broken', 'echo "no such file" >&2; exit 2');
    const failed = await run('broken');
    assert.deepEqual([failed.status, failed.reason], ['failed', 'callee_failed']);
    assert.match(failed.error, /exit code 2: no such file/u);
  });

  test('has its result whole, whatever bytes it wrote', async () => {
    await seat('bytes', String.raw`printf 'a\0b\377c\360\237\221\251 \033[1m\r\n'`);
    const { result } = await run('bytes');
    assert.equal(result.text, 'a\0b\u{FFFD}c👩 \u{1B}[1m\r\n');
    assert.equal(result.sha256, hash('sha256', result.text));
  });

  test('is queued for as long as it says that it is busy', async () => {
    await seat('busy', `[ -f there ] && printf done || { touch there; exit 75; }`);
    const done = await run('busy');
    assert.deepEqual([done.status, done.result.text], ['completed', 'done']);
  });
});

describe('a program that delegates by itself', () => {
  const CALL = `
    const call = async (path, body) => (await fetch(process.env.ERRAND_URL + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.ERRAND_TOKEN } })).json();
    const child = await call('/workspaces/' + process.env.ERRAND_WORKSPACE + '/delegate', { target_id: 'leaf', task: 'x' });`;

  test('does so on behalf of its task: it is the parent, and a cancel reaches the child', async () => {
    await seat('leaf', `trap 'exit 1' TERM; echo alive >&2; ${STAYS}`);
    writeFileSync(
      join(folder, 'middle.mjs'),
      `${CALL} console.error(child.delegation_id); setInterval(() => {}, 1000)`,
    );
    await house.seat('middle', { command: { run: [process.execPath, 'middle.mjs'], directory: folder } });
    const { delegation_id: id } = await house.delegate('lead', 'middle');
    const child = await until('its child', async () => {
      const { progress } = (await shown('lead', id)) as Fields & { progress?: { message?: string } };
      return progress?.message?.startsWith('dlg_') === true ? progress.message : undefined;
    });
    const below = await until('the child is at work', async () => {
      const row = await shown('middle', child);
      return row.status === 'in_progress' && row;
    });
    assert.equal(below['parent_id'], id);
    await house.call('POST', `/workspaces/lead/delegations/${id}/cancel`);
    assert.equal((await house.ended('lead', id)).status, 'cancelled');
    assert.equal((await house.ended('middle', child)).status, 'cancelled');
    await nobodyLeft();
  });

  test('has a token that is worth nothing when it has ended', async () => {
    await seat('giver', 'printf %s "$ERRAND_TOKEN"');
    const token = (await run('giver')).result.text;
    const kept = await openHouse({ open: false });
    try {
      assert.equal((await kept.call('GET', '/workspaces/giver', { token })).status, 401);
    } finally {
      await kept.close();
    }
    assert.deepEqual(marked(), []);
  });
});

describe('what is said in the place of a program', () => {
  test('changes it to an agent of another kind and back', async () => {
    await seat('changes', 'printf program');
    const peer = await house.peer(() => ({ do: 'answer', text: 'peer' }));
    const change = async (body: object) => house.call('PATCH', '/workspaces/changes', { body });
    const first = (await house.call('GET', '/workspaces/changes')).body;
    assert.ok(first['command'] !== undefined);
    const away = await change({ url: peer.url });
    assert.deepEqual([away.status, away.body['command']], [200, undefined], away.text);
    assert.equal((await run('changes')).result.text, 'peer');
    const back = await change({ command: first['command'] });
    assert.deepEqual([back.status, back.body['command']], [200, first['command']], back.text);
    assert.equal((await run('changes')).result.text, 'program');
    assert.equal((await change({ url: peer.url, command: '/bin/true' })).status, 400);
    const none = await change({ command: null });
    assert.equal(none.body['command'], undefined);
    assert.equal((await change({ name: 'other' })).status, 200);
    assert.equal((await change({ command: '/bin/true' })).status, 200);
    const kept = await change({ capacity: 3 });
    assert.deepEqual((kept.body['command'] as { run: string[] }).run, ['/bin/true']);
  });

  test('is refused with the reason where it is none, and nothing is written', async () => {
    const long = 'x'.repeat(9000);
    const good = ['/bin/true'];
    const wrong: unknown[] = [
      ...[
        '',
        ' ',
        `a 'b`,
        'no-such-program-here',
        '/no/such',
        folder,
        'a\0b',
        long,
        7,
        true,
        [],
        [''],
        [7],
        ['a', null],
      ],
      ...[
        {},
        { run: '' },
        { run: good, shell: 'yes' },
        { run: good, directory: '/no/such' },
        { run: good, directory: '' },
      ],
      ...[
        { run: good, directory: 'a\0b' },
        { run: good, directory: long.slice(0, 7000) },
        { run: good, directory: '/bin/sh/x' },
      ],
      ...[
        { run: good, environment: 'PATH' },
        { run: good, environment: ['A B'] },
        { run: good, environment: ['A=1'] },
      ],
      ...[
        { run: good, environment: Array.from({ length: 101 }, () => 'A') },
        { run: good, input: 'file' },
      ],
      ...[
        { run: good, input: 'argument' },
        { run: [...good, '{task}'], input: 'json' },
        { run: good, dialect: 'x' },
      ],
      ...[
        { run: 'echo {task}', shell: true },
        { run: good, grace_ms: -1 },
        { run: good, grace_ms: 1e9 },
      ],
      ...[{ run: good, grace_ms: 0.5 }, { run: Array.from({ length: 501 }, () => 'a') }, { run: { 0: 'a' } }],
    ];
    const written = house.state().seq;
    for (const command of wrong) {
      const body = { id: 'wrong', name: 'wrong', command };
      assertTyped(await house.call('POST', '/workspaces', { body }), JSON.stringify(command).slice(0, 100));
      const changed = await house.call('PATCH', '/workspaces/upper', { body: { command } });
      assertTyped(changed, JSON.stringify(command).slice(0, 100));
    }
    assert.equal(house.state().seq, written);
  });
});
