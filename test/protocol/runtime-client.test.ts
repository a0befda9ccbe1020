/**
 * An agent at its platform: it delegates, waits, reads its inbox, asks its peers, remembers.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type Errand, type Turn } from '../../src/runtime/index.ts';
import { openHouse, type House } from './support.ts';

let house: House;
let lead: Errand;
let token: string;

before(async () => {
  house = await openHouse({ open: false });
  token = (await house.seat('lead')).token;
  const peer = await house.peer({ do: 'answer', text: 'done it' });
  await house.seat('peer', { url: peer.url, capacity: 8 });
  await house.seat('helper', { pull: true, capacity: 8 });
  lead = await connect({ url: house.url, token });
});

after(async () => {
  await lead.close();
  await house.close();
});

describe('an agent that is connected', () => {
  test('learns from its key whose desk it is', () => {
    assert.equal(lead.workspace, 'lead');
    assert.equal(lead.url, house.url);
  });

  test('delegates and is told the ending, whole', async () => {
    const handle = await lead.delegate({ to: 'peer', task: 'do it' });
    assert.deepEqual([handle.id.slice(0, 4), handle.to], ['dlg_', 'peer']);
    const { status, text } = await handle.done;
    assert.deepEqual([status, text, handle.status], ['completed', 'done it', 'completed']);
  });

  test('reads the history of a delegation from its first step to its ending', async () => {
    const handle = await lead.delegate({ to: 'peer', task: 'do it' });
    const types: string[] = [];
    for await (const { type } of handle.events) {
      types.push(type);
    }
    assert.deepEqual(types, ['delegation.accepted', 'delegation.dispatched', 'delegation.settled']);
    assert.equal((await handle.done).text, 'done it');
  });

  test('reads its inbox turn by turn', async () => {
    const handle = await lead.delegate({ to: 'peer', task: 'tell me by turn' });
    const turns: Turn[] = [];
    for await (const turn of lead.inbox()) {
      turns.push(turn);
      await turn.acknowledge();
      break;
    }
    assert.match(turns[0]?.text ?? '', /tell me by turn/u);
    assert.deepEqual(
      turns[0]?.notices.map(({ delegation }) => delegation),
      [handle.id],
    );
  });
});
