/**
 * Scripted peers behind a scripted carrier: they answer, stall, refuse, ask, vanish and repeat themselves as the dice
 * say, and write down what they really did.
 *
 * A peer honours the message id: asked twice for the same work it gives the same answer, as a well-behaved one does.
 */
import type { Assignment, Carrier, Delivering, Outcome, Reports } from '../../src/core/ports/index.ts';
import type { Ledger } from './ledger.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

export interface Stage {
  world: World;
  ledger: Ledger;
  /** Several platforms share the store. */
  isShared: boolean;
  /** From here on nothing goes wrong any more. */
  healed: boolean;
  /** Lets an agent that works on something delegate on its behalf. */
  onWork: (assignment: Assignment) => void;
}

type Behaviour =
  | 'answer'
  | 'fail'
  | 'busy'
  | 'refuse'
  | 'lost_answer'
  | 'lost_request'
  | 'ask'
  | 'hang'
  | 'forget'
  | 'chatter'
  | 'crash';

const BEHAVIOURS: readonly Behaviour[] = [
  'answer',
  'answer',
  'answer',
  'answer',
  'answer',
  'chatter',
  'fail',
  'busy',
  'refuse',
  'lost_answer',
  'lost_request',
  'ask',
  'hang',
  'forget',
  'crash',
];

/** What somebody says who comes long after he lost the work. */
export const TOO_LATE = 'too late';

export function scriptedCarrier(stage: Stage, life: Life): Carrier {
  return {
    name: 'scripted',
    async deliver(assignment, delivering) {
      if (stage.isShared && delivering.signal.aborted) {
        // Nobody follows it at this platform: the callee is only told.
        return { kind: 'cancelled' };
      }
      const { signal } = delivering;
      const delivery = { id: assignment.id, epoch: assignment.epoch, signal, life };
      if (!signal.aborted) {
        stage.ledger.handOver(delivery);
      }
      const reports = heardBy(stage, life, delivering.reports);
      try {
        return await act(stage, assignment, { signal, reports });
      } finally {
        // What a process that is gone would have heard, nobody hears; one that stands still hears it later.
        await life.awake();
        stage.ledger.deliveries.delete(delivery);
      }
    },
    async close() {},
  };
}

function heardBy(stage: Stage, life: Life, reports: Reports): Reports {
  const hear = (call: () => void): void => {
    if (life.isStill) {
      life.onWake(call);
    } else if (life.alive || !stage.isShared) {
      call();
    }
  };
  return {
    acknowledged: (remote) => hear(() => reports.acknowledged(remote)),
    progressed: (progress) => hear(() => reports.progressed(progress)),
  };
}

async function act(stage: Stage, assignment: Assignment, delivering: Delivering): Promise<Outcome> {
  const { world, ledger } = stage;
  const behaviour: Behaviour = stage.healed ? 'answer' : world.dice.pick(BEHAVIOURS);
  world.say(`peer ${assignment.id} ${behaviour} epoch ${assignment.epoch}`);
  await world.sleep(world.dice.below(50));
  switch (behaviour) {
    case 'busy':
      ledger.fault('busy peer');
      return { kind: 'busy', retryAfterMs: world.dice.chance(0.5) ? 1 + world.dice.below(3000) : null };
    case 'refuse':
      ledger.fault('refused connection');
      return { kind: 'unreachable', error: 'connection refused', retryAfterMs: null };
    case 'lost_request':
      ledger.fault('lost request');
      return { kind: 'unknown', error: 'reset' };
    case 'hang':
      ledger.fault('peer that never answers');
      return untilStopped(stage, assignment, delivering);
    case 'forget':
      ledger.fault('peer that forgot');
      delivering.reports.acknowledged({ task: `remote-${assignment.id}` });
      await world.sleep(world.dice.below(2000));
      return { kind: 'unknown', error: 'there is no such task', forgotten: true };
    case 'crash':
      ledger.fault('carrier that throws');
      throw new Error('planned fault of a carrier');
    default:
      return work(stage, { assignment, delivering, behaviour });
  }
}

interface Working {
  assignment: Assignment;
  delivering: Delivering;
  behaviour: Behaviour;
}

async function work(stage: Stage, working: Working): Promise<Outcome> {
  const { world, ledger } = stage;
  const { assignment, delivering, behaviour } = working;
  const execution = ledger.execute(assignment.id);
  stage.onWork(assignment);
  if (world.dice.chance(0.5)) {
    delivering.reports.acknowledged({ task: `remote-${assignment.id}` });
  }
  await world.sleep(world.dice.below(2000));
  if (behaviour === 'chatter') {
    ledger.fault('progress flood');
    for (let index = 0; index < 20; index += 1) {
      delivering.reports.progressed({ message: `step ${index}`, percent: index * 5 });
    }
  }
  if (delivering.signal.aborted) {
    return { kind: 'cancelled' };
  }
  if (behaviour === 'ask' && assignment.answer === undefined) {
    ledger.fault('question');
    return { kind: 'asked', question: `what about ${assignment.id}?` };
  }
  if (behaviour === 'fail') {
    execution.failures += 1;
    return { kind: 'failed', reason: 'callee_failed', error: 'the peer failed' };
  }
  const text = answerTo(assignment.id);
  execution.answers.add(text);
  if (behaviour === 'lost_answer') {
    ledger.fault('lost answer');
    return { kind: 'unknown', error: 'reset after the request' };
  }
  return { kind: 'completed', output: { text } };
}

export function answerTo(id: string): string {
  return `the answer to ${id}: ${'ja 好 🎉 '.repeat(8)}`;
}

async function untilStopped(stage: Stage, assignment: Assignment, { signal }: Delivering): Promise<Outcome> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await stage.world.sleep(stage.world.dice.below(60_000));
  const confirms = signal.reason === 'cancelled' && stage.world.dice.chance(0.5);
  stage.world.say(`peer ${assignment.id} stops: ${String(signal.reason)}`);
  return confirms ? { kind: 'cancelled' } : { kind: 'unknown', error: 'stopped' };
}
