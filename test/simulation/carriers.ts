/**
 * The scripted carriers in place of the network and of functions in the process: what one process of the platform sees
 * of its callees, with everything that gets lost on the way.
 *
 * They keep the rules of docs/spec/carrier.md: ask before sending again where an earlier attempt may have run, never
 * send `at_most_once` twice, tell the callee to stop where it has to be told.
 */
import type { Assignment, Carrier, Delivering, Outcome } from '../../src/core/ports/index.ts';
import type { CarrierName } from '../../src/core/workspace/index.ts';
import { answerTo, type Peers, type Task } from './peers.ts';
import type { Life } from './platform.ts';
import type { Stage } from './stage.ts';

interface Means {
  stage: Stage;
  peers: Peers;
  life: Life;
}

type Way = (means: Means, assignment: Assignment, delivering: Delivering) => Promise<Outcome>;

const TELLING: ReadonlySet<unknown> = new Set(['cancelled', 'deadline', 'stalled']);

export function carriersOf(stage: Stage, peers: Peers): (life: Life) => Partial<Record<CarrierName, Carrier>> {
  return (life) => ({
    a2a: carrier({ stage, peers, life }, 'a2a', overNetwork),
    in_process: carrier({ stage, peers, life }, 'in_process', inProcess),
  });
}

function carrier(means: Means, name: string, way: Way): Carrier {
  const { life, stage } = means;
  return {
    name,
    async deliver(assignment, delivering) {
      if (!delivering.signal.aborted) {
        stage.ledger.handed(assignment);
        if (life.stopping) {
          stage.ledger.complain('D6', `${assignment.id} is handed over by ${life.owner}, which is stopping`);
        }
      }
      const outcome = await way(means, assignment, delivering);
      await stage.world.thawed(life);
      stage.world.say(`carrier ${assignment.id} epoch ${assignment.epoch}: ${outcome.kind}`);
      // What a process that is gone would have heard, nobody hears.
      return life.alive ? outcome : new Promise<Outcome>(() => {});
    },
    async close() {},
  };
}

async function overNetwork(means: Means, assignment: Assignment, delivering: Delivering): Promise<Outcome> {
  const { peers, stage } = means;
  const { remoteTask, answer, mayHaveRun, delivery, id } = assignment;
  const known = remoteTask === undefined && !mayHaveRun ? undefined : peers.find(id);
  if (delivering.signal.aborted) {
    return known === undefined ? unknown('let go before it was sent') : tellToStop(means, known);
  }
  await stage.world.sleep(stage.world.dice.below(50));
  const isAnswered = known?.state === 'asked' && answer !== undefined;
  if (known !== undefined && !isAnswered) {
    return follow(means, known, delivering);
  }
  if (remoteTask !== undefined && known === undefined) {
    return { kind: 'failed', reason: 'outcome_unknown', error: 'the peer says that it has no such task' };
  }
  if (mayHaveRun && delivery === 'at_most_once' && known === undefined) {
    return unknown('an earlier attempt may have run, and there is no name to ask by');
  }
  return send(means, assignment, delivering);
}

async function send(means: Means, assignment: Assignment, delivering: Delivering): Promise<Outcome> {
  const { stage, peers } = means;
  const { world, ledger } = stage;
  const trouble = stage.healed ? 100 : world.dice.below(16);
  switch (trouble) {
    case 0:
      ledger.fault('busy peer');
      return { kind: 'busy', retryAfterMs: world.dice.chance(0.5) ? 1 + world.dice.below(3000) : null };
    case 1:
      ledger.fault('refused connection');
      return { kind: 'unreachable', error: 'connection refused', retryAfterMs: null };
    case 2:
      ledger.fault('lost request');
      return unknown('reset');
    case 3:
      ledger.fault('carrier that throws');
      throw new Error('planned fault of a carrier');
    default:
      break;
  }
  if (delivering.signal.aborted) {
    return unknown('let go before it was sent');
  }
  const task = peers.receive(assignment);
  if (trouble === 4) {
    ledger.fault('ambiguous send');
    await world.sleep(world.dice.below(3000));
    return unknown('reset after the request');
  }
  if (world.dice.chance(0.7)) {
    delivering.reports.acknowledged(world.dice.chance(0.7) ? { task: task.name } : undefined);
  }
  return follow(means, task, delivering);
}

async function follow(means: Means, task: Task, delivering: Delivering): Promise<Outcome> {
  const { signal, reports } = delivering;
  let step = 0;
  const tell = (): void => {
    step += 1;
    reports.progressed({ message: `step ${step}`, percent: step % 100, inTool: step % 7 === 0 });
  };
  task.onStep.push(tell);
  await untilChange(task, signal);
  task.onStep.splice(task.onStep.indexOf(tell), 1);
  if (task.state === 'working') {
    return TELLING.has(signal.reason) ? tellToStop(means, task) : unknown(`let go: ${String(signal.reason)}`);
  }
  return outcomeOf(means, task);
}

function outcomeOf({ stage }: Means, task: Task): Outcome {
  const { world, ledger, healed } = stage;
  switch (task.state) {
    case 'completed':
      if (task.losesNext && !healed) {
        task.losesNext = false;
        ledger.fault('lost answer');
        return unknown('reset after the request');
      }
      return { kind: 'completed', output: { text: task.text } };
    case 'asked':
      ledger.asks(task.id);
      return {
        kind: 'asked',
        question: `what about ${task.id}?`,
        ...(world.dice.chance(0.5) ? { remote: { task: task.name } } : {}),
      };
    case 'cancelled':
      return { kind: 'cancelled' };
    default:
      return task.manner === 'reject'
        ? { kind: 'failed', reason: 'rejected', error: 'not my work' }
        : { kind: 'failed', reason: 'callee_failed', error: 'the peer failed', output: { text: 'half of it' } };
  }
}

async function tellToStop({ stage, peers }: Means, task: Task): Promise<Outcome> {
  const { world } = stage;
  await world.sleep(world.dice.below(stage.healed ? 1000 : 6000));
  return peers.stop(task) ? { kind: 'cancelled' } : unknown('told to stop, and not confirmed');
}

async function untilChange(task: Task, signal: AbortSignal): Promise<void> {
  if (task.state !== 'working' || signal.aborted) {
    return;
  }
  await new Promise<void>((resolve) => {
    task.onChange.push(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A function in the process: nobody remembers it when the process is gone. */
async function inProcess(means: Means, assignment: Assignment, delivering: Delivering): Promise<Outcome> {
  const { stage } = means;
  const { world, ledger } = stage;
  const { signal, reports } = delivering;
  if (signal.aborted) {
    return unknown('let go before it began');
  }
  if (assignment.mayHaveRun && assignment.delivery === 'at_most_once') {
    return unknown('an earlier attempt may have run, and nobody remembers it');
  }
  ledger.begins(assignment);
  stage.onWork(assignment);
  reports.acknowledged();
  await world.sleep(world.dice.below(1500));
  if (signal.aborted) {
    return { kind: 'cancelled' };
  }
  const manner = stage.healed ? 9 : world.dice.below(10);
  if (manner === 0) {
    ledger.fails(assignment);
    return { kind: 'failed', reason: 'callee_failed', error: 'the function threw' };
  }
  if (manner === 1 && assignment.answer === undefined) {
    ledger.fault('question');
    ledger.asks(assignment.id);
    return { kind: 'asked', question: `what about ${assignment.id}?` };
  }
  const text = `${answerTo(assignment.id, world.dice.below(5))} (epoch ${assignment.epoch})`;
  ledger.says(assignment.id, text, assignment.epoch);
  return { kind: 'completed', output: { text } };
}

function unknown(error: string): Outcome {
  return { kind: 'unknown', error };
}
