/** An agent that listens and takes its seat by itself: the platform calls it, and nobody else has to be trusted. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agent, type Handler, type Served, TryLater } from '../../src/runtime/agent/index.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

interface Seat extends Fields {
  agent_url: string;
}

let house: House;
const served: Served[] = [];

before(async () => {
  house = await openHouse();
  await house.seat('lead');
});

after(async () => {
  await Promise.all(served.map(async (one) => one.stop({ mode: 'cancel' })));
  await house.close();
});

async function serve(id: string, handle: Handler, token?: string): Promise<Served> {
  const listen = { port: 0, ...(token === undefined ? {} : { token }) };
  const one = await agent({ name: id, capacity: 2, handle }).serve({ url: house.url, listen });
  served.push(one);
  return one;
}

async function seat(id: string): Promise<Seat> {
  return (await house.call('GET', `/workspaces/${id}`)).body as Seat;
}

test('it takes its seat with its address, its card and its capacity, and leaves it as offline', async () => {
  const one = await serve('comes-and-goes', () => 'done');
  const there = await seat('comes-and-goes');
  assert.deepEqual([there.status, there.carrier, there.capacity], ['online', 'a2a', 2]);
  assert.match(there.agent_url, /^http:\/\/127\.0\.0\.1:\d+/u);
  const made = await house.delegate('lead', 'comes-and-goes', { task: 'x' });
  assert.equal((await house.ended('lead', made.delegation_id)).result.text, 'done');
  await one.stop();
  assert.equal((await seat('comes-and-goes')).status, 'offline');
  const waits = await house.delegate('lead', 'comes-and-goes', { task: 'y' });
  assert.deepEqual(waits['waiting_for'], { cause: 'callee_offline', position: 1 });
});

test('what it delegates is the child of what it works on', async () => {
  await serve('helper', () => 'helped');
  await serve('asks-for-help', async (_task, { delegate }) => {
    const { text } = await (await delegate({ to: 'helper', task: 'help' })).done;
    return `with ${text}`;
  });
  const { delegation_id: id } = await house.delegate('lead', 'asks-for-help', { task: 'x' });
  const ended = await house.ended('lead', id);
  assert.equal(ended.result.text, 'with helped');
  const { body } = await house.call('GET', `/workspaces/lead/delegations/${id}`);
  assert.equal((body['children'] as Fields[]).length, 1);
});

test('its platform is answered by the token of the attempt, and whoever has none, or a false one, is not', async () => {
  let told = '';
  await serve(
    'guarded',
    async (task, context) => {
      told = task.id;
      return context.ask('which?');
    },
    'its own',
  );
  const { delegation_id: id } = await house.delegate('lead', 'guarded', { task: 'x' });
  await until('it asks', async () => (await house.call('GET', `/workspaces/lead/delegations/${id}`)).body.question);
  const { agent_url: url } = await seat('guarded');
  const stranger = async (authorization?: string): Promise<number> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { id: told } });
    const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) };
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };
  assert.equal(await stranger(), 401);
  assert.equal(await stranger('Bearer att_forged.1.x'), 401);
  assert.equal(await stranger('Bearer wrong'), 401);
  assert.equal(await stranger('Bearer its own'), 401, 'a token holds no space');
  const [other] = await attemptOfAnother();
  assert.equal(await stranger(`Bearer ${other}`), 401, 'the attempt of another seat');
  await house.call('POST', `/workspaces/lead/delegations/${id}/answer`, { body: { text: 'this' } });
  assert.equal((await house.ended('lead', id)).result.text, 'this');
});

test('a task that it wants later comes again, and is done then', async () => {
  let tries = 0;
  await serve('later', async (_task, context) => {
    tries += 1;
    context.progress('looking at it');
    if (tries === 1) {
      throw new TryLater('not now');
    }
    return `at try ${tries}`;
  });
  const { delegation_id: id } = await house.delegate('lead', 'later', { task: 'x', conversation_id: 'talk' });
  assert.equal((await house.ended('lead', id)).result.text, 'at try 2');
});

test('D6: at another address it is given again what it had at the old one, at once', async () => {
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  await serve('moves', async () => first.promise);
  const { delegation_id: id } = await house.delegate('lead', 'moves', { task: 'x' });
  await until('it works', async () => {
    const { body } = await house.call('GET', `/workspaces/lead/delegations/${id}`);
    return body.status === 'in_progress';
  });
  await serve('moves', async () => second.promise);
  second.resolve('from the new address');
  assert.equal((await house.ended('lead', id)).result.text, 'from the new address');
  first.resolve('from the old one');
});

async function attemptOfAnother(): Promise<string[]> {
  await house.seat('other', { pull: true });
  await house.delegate('lead', 'other', { task: 'x' });
  const { body } = await house.call('GET', '/workspaces/other/assignments?wait=5');
  return (body as unknown as { attempt_token: string }[]).map(({ attempt_token: token }) => token);
}
