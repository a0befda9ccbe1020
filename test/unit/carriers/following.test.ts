/** Following a task to its end: by polling, by stream, through trouble, after a restart, and stopping it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { a2aCarrier } from '../../../src/carriers/a2a/carrier.ts';
import type { Assignment, Carrier, Outcome } from '../../../src/core/ports/index.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, type Watched, watched } from '../../../src/testing/carrier-suite.ts';
import { type Behaviour, type ScriptedPeer, scriptedPeer, type Step } from '../../../src/testing/scripted-peer.ts';

const STEPS: readonly Step[] = [
  { state: 'submitted' },
  { state: 'working', note: 'looking' },
  { state: 'working', note: 'writing', artifacts: ['one'] },
  { state: 'completed', artifacts: ['two'] },
];
const STUCK: Behaviour = { do: 'task', steps: [{ state: 'working' }] };

let peer: ScriptedPeer;
let carrier: Carrier;

before(async () => {
  peer = await scriptedPeer({ clock: systemClock, behave: STUCK });
  carrier = a2aCarrier({ clock: systemClock, loopback: true, pollFirstMs: 2, pollMostMs: 10, cancelMs: 60 });
});
after(async () => {
  await carrier.close();
  await peer.close();
});

type Way = 'polled 0.3' | 'streamed 0.3' | 'polled 1.0' | 'streamed 1.0';
const WAYS: readonly Way[] = ['polled 0.3', 'streamed 0.3', 'polled 1.0', 'streamed 1.0'];

function reached(way: Way): Assignment['callee'] {
  const version = way.endsWith('1.0') ? '1.0' : '0.3';
  const card = { ...peer.card(version), capabilities: { streaming: way.startsWith('streamed') } };
  return calleeAt({ url: peer.url, card });
}

async function deliver(way: Way, given: Partial<Assignment> = {}): Promise<{ outcome: Outcome; told: Watched }> {
  const told = watched();
  const outcome = await carrier.deliver(assignmentFor(reached(way), given), told);
  return { outcome, told };
}

for (const way of WAYS) {
  describe(`a task, ${way}`, () => {
    test('C8: it is followed to its end, and all its artifacts are there', async () => {
      peer.behave({ do: 'task', steps: STEPS });
      const { outcome, told } = await deliver(way);
      assert.equal(outcome.kind === 'completed' && outcome.output.text, 'one\ntwo', JSON.stringify(outcome));
      assert.equal(told.acknowledged.length, 1);
      assert.ok(told.progress.some((step) => step.message === 'looking'));
      assert.ok(told.progress.some((step) => step.message === 'writing'));
    });

    test('C16: a question on the way ends the delivery, and its answer goes to the same task', async () => {
      peer.behave({ do: 'task', steps: [{ state: 'working' }, { state: 'input-required', note: 'which?' }] });
      const { outcome } = await deliver(way);
      assert.ok(outcome.kind === 'asked', JSON.stringify(outcome));
      assert.equal(outcome.question, 'which?');
      const remoteTask = outcome.remote?.task;
      assert.ok(remoteTask !== undefined);
      const answered = await deliver(way, { remoteTask, answer: 'the red one', attempt: 1, epoch: 2 });
      assert.equal(answered.outcome.kind === 'completed' && answered.outcome.output.text, 'which? the red one');
      const again = await deliver(way, { remoteTask, answer: 'the red one', epoch: 3, mayHaveRun: true });
      assert.equal(again.outcome.kind === 'completed' && again.outcome.output.text, 'which? the red one');
    });

    test('C9: a cancel that the peer confirms is cancelled', async () => {
      peer.behave(STUCK);
      const { outcome, remote } = await stopped(way, 'cancelled');
      assert.equal(outcome.kind, 'cancelled');
      assert.ok(peer.ledger.cancelled.includes(remote));
    });

    test('C9: a cancel that the peer does not confirm is unknown, soon', async () => {
      peer.behave({ ...STUCK, uncancellable: true });
      const { outcome, remote } = await stopped(way, 'stalled');
      assert.equal(outcome.kind, 'unknown');
      assert.ok(peer.ledger.cancelled.includes(remote));
    });

    test('C9: at a shutdown the peer is not told', async () => {
      peer.behave(STUCK);
      const { outcome, remote } = await stopped(way, 'shutdown');
      assert.equal(outcome.kind, 'unknown');
      assert.ok(!peer.ledger.cancelled.includes(remote));
    });

    test('C8: broken connections on the way are borne', async () => {
      peer.behave({ do: 'task', steps: STEPS, stumbles: 3, streamCut: 2 });
      const { outcome } = await deliver(way);
      assert.equal(outcome.kind === 'completed' && outcome.output.text, 'one\ntwo', JSON.stringify(outcome));
    });

    test('C8: a task that the peer does not know any more is unknown, and may be given once more', async () => {
      peer.behave({ do: 'task', steps: [{ state: 'working' }], forgotten: true });
      const { outcome } = await deliver(way);
      assert.equal(outcome.kind === 'unknown' && outcome.forgotten, true, JSON.stringify(outcome));
    });

    test('C16: an answer for a peer that has forgotten its question is kept for when it begins anew', async () => {
      peer.behave({ do: 'task', steps: [{ state: 'working' }], forgotten: true });
      const arrivals = peer.ledger.arrivalsAll;
      const { outcome } = await deliver(way, { remoteTask: 'gone', question: 'which?', answer: 'this' });
      assert.equal(outcome.kind === 'unknown' && outcome.forgotten, true, JSON.stringify(outcome));
      assert.equal(peer.ledger.arrivalsAll, arrivals);
    });

    test('C16: an answer for a peer that has forgotten its question is kept for when it begins anew', async () => {
      peer.behave({ do: 'task', steps: [{ state: 'working' }], forgotten: true });
      const arrivals = peer.ledger.arrivalsAll;
      const { outcome } = await deliver(way, { remoteTask: 'gone', question: 'which?', answer: 'this' });
      assert.equal(outcome.kind === 'unknown' && outcome.forgotten, true, JSON.stringify(outcome));
      assert.equal(peer.ledger.arrivalsAll, arrivals);
    });

    test('C2: with a name for the work a second attempt asks and does not send', async () => {
      peer.behave({ do: 'task', steps: STEPS });
      const arrivals = peer.ledger.arrivalsAll;
      const given = { delivery: 'at_most_once', mayHaveRun: true } as const;
      const first = await stopped(way, 'shutdown', STUCK);
      const { outcome, told } = await deliverStuck(way, { ...given, remoteTask: first.remote });
      assert.equal(outcome.kind, 'cancelled');
      assert.equal(told.acknowledged[0]?.task, first.remote);
      assert.equal(peer.ledger.arrivalsAll, arrivals + 1);
    });

    test('C9: a delivery that begins cancelled only tells the peer', async () => {
      const first = await stopped(way, 'shutdown', STUCK);
      const told = watched();
      told.stop('cancelled');
      const arrivals = peer.ledger.arrivalsAll;
      const outcome = await carrier.deliver(assignmentFor(reached(way), { remoteTask: first.remote }), told);
      assert.equal(outcome.kind, 'cancelled');
      assert.equal(peer.ledger.arrivalsAll, arrivals);
    });
  });
}

describe('a send', () => {
  test('C1: the same message id on every attempt, and once is how often it is done', async () => {
    peer.behave({ do: 'drop', when: 'after' });
    const told = watched();
    const assignment = assignmentFor(calleeAt({ url: peer.url }), { traceparent: '00-aa-bb-01', conversation: 'talk' });
    const lost = await carrier.deliver(assignment, told);
    assert.equal(lost.kind, 'unknown');
    const found = await carrier.deliver({ ...assignment, attempt: 2, epoch: 2, mayHaveRun: true }, told);
    assert.equal(found.kind, 'completed');
    assert.equal(peer.ledger.arrivals(assignment.id), 2);
    const execution = peer.ledger.get(assignment.id);
    assert.equal(execution?.runs, 1);
    assert.deepEqual(execution?.metadata, {
      delegation_id: assignment.id,
      attempt: 1,
      epoch: 1,
      source_id: 'caller',
      attempt_token: assignment.attemptToken,
      deadline: new Date(assignment.deadlineAt).toISOString(),
      traceparent: '00-aa-bb-01',
    });
  });

  test('C2: 1.0 is asked for the tasks of the conversation before anything is sent again', async () => {
    peer.behave({ do: 'task', steps: STEPS });
    const assignment = assignmentFor(reached('polled 1.0'), { conversation: 'talk-2' });
    const first = watched();
    const running = carrier.deliver(assignment, first);
    await first.alive;
    first.stop('overtaken');
    await running;
    const again = { ...assignment, attempt: 2, epoch: 2, mayHaveRun: true, delivery: 'at_most_once' } as const;
    const found = await carrier.deliver(again, watched());
    assert.equal(found.kind, 'completed', JSON.stringify(found));
    assert.equal(peer.ledger.arrivals(assignment.id), 1);
  });

  test('C9: a cancel before the peer answered waits a little for the answer, and no longer', async () => {
    peer.behave({ do: 'hang' });
    const { running, told } = await begun(assignmentFor(calleeAt({ url: peer.url })));
    told.stop('cancelled');
    assert.deepEqual(await running, { kind: 'unknown', error: 'let go before the peer answered' });
  });

  test('C9: an answer that comes right after the cancel is the outcome', async () => {
    peer.behave({ do: 'answer', text: 'made it', afterMs: 20 });
    const { running, told } = await begun(assignmentFor(calleeAt({ url: peer.url })));
    told.stop('cancelled');
    assert.deepEqual(await running, { kind: 'completed', output: { text: 'made it' } });
  });

  test('C9: a task whose name comes right after the cancel is told to stop by that name', async () => {
    const open = Promise.withResolvers<Behaviour>();
    peer.behave(() => open.promise);
    const assignment = assignmentFor(calleeAt({ url: peer.url }));
    const { running, told } = await begun(assignment);
    told.stop('cancelled');
    open.resolve(STUCK);
    assert.equal((await running).kind, 'cancelled');
    assert.ok(peer.ledger.cancelled.includes(`task-${assignment.id}`));
  });

  test('C9: a send that is overtaken is let go of at once', async () => {
    const patient = a2aCarrier({ clock: systemClock, loopback: true, cancelMs: 1e9 });
    peer.behave({ do: 'hang' });
    const { running, told } = await begun(assignmentFor(calleeAt({ url: peer.url })), patient);
    told.stop('overtaken');
    assert.equal((await running).kind, 'unknown');
    await patient.close();
  });

  test('C3: a send that is cancelled while it waits for a socket was never sent', async () => {
    const narrow = a2aCarrier({ clock: systemClock, loopback: true, connectionsPerOrigin: 1 });
    peer.behave({ do: 'hang' });
    const first = await begun(assignmentFor(calleeAt({ url: peer.url })), narrow);
    const assignment = assignmentFor(calleeAt({ url: peer.url }));
    const told = watched();
    const running = narrow.deliver(assignment, told);
    told.stop('cancelled');
    assert.equal((await running).kind, 'unreachable');
    first.told.stop('shutdown');
    await first.running;
    assert.equal(peer.ledger.arrivals(assignment.id), 0);
    await narrow.close();
  });

  test('C3: an answer that trickles beyond the time of an attempt is unknown', async () => {
    const quick = a2aCarrier({ clock: systemClock, loopback: true, attemptMs: 50 });
    peer.behave({ do: 'trickle', bytes: 1, everyMs: 5 });
    const slow = await quick.deliver(assignmentFor(calleeAt({ url: peer.url })), watched());
    assert.equal(slow.kind, 'unknown');
    peer.behave({ do: 'trickle', bytes: 50, everyMs: 1, text: 'in time' });
    const { outcome } = await deliver('polled 0.3');
    assert.deepEqual(outcome, { kind: 'completed', output: { text: 'in time' } });
    await quick.close();
  });

  test('C3: no answer in the time of an attempt is unknown', async () => {
    const quick = a2aCarrier({ clock: systemClock, loopback: true, attemptMs: 20 });
    peer.behave({ do: 'hang' });
    const outcome = await quick.deliver(assignmentFor(calleeAt({ url: peer.url })), watched());
    await quick.close();
    assert.equal(outcome.kind, 'unknown');
  });

  test('C5: a place in a queue that is a task as well is acknowledged and followed', async () => {
    peer.behave({ do: 'queue', looks: 2 });
    const { outcome, told } = await deliver('polled 0.3');
    assert.equal(outcome.kind, 'completed');
    assert.equal(told.acknowledged.length, 1);
  });

  test('C5: the queue’s own number serves as a name where the task has none', async () => {
    peer.behave({ do: 'queue', nameless: true });
    const { outcome } = await deliver('polled 0.3');
    assert.equal(outcome.kind, 'completed');
  });

  test('C5: a queue’s number alone is asked for, and followed where the peer knows it as a task', async () => {
    peer.behave({ do: 'queue', bare: true, looks: 2 });
    const { outcome, told } = await deliver('polled 0.3', { delivery: 'at_most_once' });
    assert.equal(outcome.kind, 'completed', JSON.stringify(outcome));
    assert.equal(told.acknowledged.length, 1);
  });

  test('C5: a queue that cannot be asked is busy, and for at_most_once it is unknown', async () => {
    peer.behave({ do: 'busy', how: '202', retryAfter: 3 });
    assert.deepEqual((await deliver('polled 0.3')).outcome, { kind: 'busy', retryAfterMs: 3000 });
    assert.equal((await deliver('polled 0.3', { delivery: 'at_most_once' })).outcome.kind, 'unknown');
  });

  test('C11: a refusal in the other version teaches nothing about it', async () => {
    const other = await scriptedPeer({
      clock: systemClock,
      behave: ({ times }) => (times === 1 ? { do: 'reply', status: 503 } : { do: 'answer' }),
      speaks: ['1.0'],
    });
    const assignment = assignmentFor(calleeAt({ url: other.url }));
    assert.equal((await carrier.deliver(assignment, watched())).kind, 'unreachable');
    assert.equal((await carrier.deliver(assignment, watched())).kind, 'completed');
    assert.equal(other.ledger.requests, 4);
    await other.close();
  });

  for (const [speaks, offers] of [
    ['1.0', '0.3'],
    ['0.3', '1.0'],
  ] as const) {
    test(`C11: a peer whose card says ${offers} but which understands ${speaks} is reached, and remembered`, async () => {
      const other = await scriptedPeer({ clock: systemClock, behave: { do: 'answer', text: 'x' }, speaks: [speaks] });
      const callee = calleeAt({ url: other.url, card: other.card(offers) });
      const first = await carrier.deliver(assignmentFor(callee), watched());
      assert.equal(first.kind, 'completed', JSON.stringify(first));
      assert.equal(other.ledger.requests, 2);
      await carrier.deliver(assignmentFor(callee), watched());
      assert.equal(other.ledger.requests, 3);
      await other.close();
    });
  }

  test('C11: a peer that understands neither fails with its own words', async () => {
    const other = await scriptedPeer({ clock: systemClock, behave: { do: 'answer' }, speaks: [] });
    const outcome = await carrier.deliver(assignmentFor(calleeAt({ url: other.url })), watched());
    assert.equal(outcome.kind === 'failed' && outcome.error, 'Method not found');
    await other.close();
  });

  test('C12: a peer that hangs takes sockets of its own only', async () => {
    const narrow = a2aCarrier({ clock: systemClock, loopback: true, connectionsPerOrigin: 2 });
    const hanging = await scriptedPeer({ clock: systemClock, behave: { do: 'hang' } });
    const told = Array.from({ length: 5 }, () => watched());
    const waiting = told.map((each) => narrow.deliver(assignmentFor(calleeAt({ url: hanging.url })), each));
    peer.behave({ do: 'answer' });
    const other = await narrow.deliver(assignmentFor(calleeAt({ url: peer.url })), watched());
    assert.equal(other.kind, 'completed');
    for (const each of told) {
      each.stop('shutdown');
    }
    assert.ok((await Promise.all(waiting)).every((outcome) => outcome.kind === 'unknown'));
    assert.ok(hanging.ledger.requests <= 2);
    await narrow.close();
    await hanging.close();
  });

  test('C3: nobody listening is unreachable', async () => {
    const gone = await scriptedPeer({ clock: systemClock, behave: { do: 'answer' } });
    await gone.close();
    const outcome = await carrier.deliver(assignmentFor(calleeAt({ url: gone.url })), watched());
    assert.ok(outcome.kind === 'unreachable');
    assert.match(outcome.error, /refused/u);
  });

  test('C15: an address that may not be called is not called', async () => {
    const strict = a2aCarrier({ clock: systemClock });
    const outcome = await strict.deliver(assignmentFor(calleeAt({ url: peer.url })), watched());
    await strict.close();
    assert.equal(outcome.kind === 'failed' && outcome.reason, 'unreachable');
  });

  test('C7: a workspace without an address fails with that', async () => {
    const outcome = await carrier.deliver(assignmentFor(calleeAt()), watched());
    assert.match(outcome.kind === 'failed' ? outcome.error : '', /has no URL/u);
  });
});

/** A delivery whose message has arrived at the peer. */
async function begun(
  assignment: Assignment,
  by: Carrier = carrier,
): Promise<{ running: Promise<Outcome>; told: Watched }> {
  const told = watched();
  const running = by.deliver(assignment, told);
  while (peer.ledger.arrivals(assignment.id) === 0) {
    await setImmediate();
  }
  return { running, told };
}

interface Stopped {
  outcome: Outcome;
  told: Watched;
  remote: string;
}

async function stopped(way: Way, reason: 'cancelled' | 'stalled' | 'shutdown', behave?: Behaviour): Promise<Stopped> {
  if (behave !== undefined) {
    peer.behave(behave);
  }
  const told = watched();
  const running = carrier.deliver(assignmentFor(reached(way)), told);
  await told.alive;
  told.stop(reason);
  const outcome = await running;
  return { outcome, told, remote: told.acknowledged[0]?.task ?? '' };
}

async function deliverStuck(way: Way, given: Partial<Assignment>): Promise<{ outcome: Outcome; told: Watched }> {
  const told = watched();
  const running = carrier.deliver(assignmentFor(reached(way), given), told);
  await told.alive;
  told.stop('cancelled');
  return { outcome: await running, told };
}

test('C12: a carrier that is closed sends nothing and says so', async () => {
  const closed = a2aCarrier({ clock: systemClock, loopback: true });
  await closed.close();
  const outcome = await closed.deliver(assignmentFor(calleeAt({ url: peer.url })), watched());
  assert.equal(outcome.kind, 'unreachable');
});
