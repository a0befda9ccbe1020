/**
 * Peers behind a carrier: they have what they were sent longer than the process that sent it lives. They answer, are
 * busy, are not there, ask, forget, and lose what was sent or what they bring, as the dice say.
 */
import { ErrandError } from '../../../src/core/error.ts';
import type { Assignment, Carrier, Delivering, Outcome } from '../../../src/core/ports/index.ts';
import { begin } from './begin.ts';
import { CALLEES, type CalleeName, type Plan, type Step } from './plan.ts';
import type { Stage } from './stage.ts';
import type { Tenure } from './tenure.ts';

/** What a peer knows of a task. */
interface Known {
  /** How many of its steps are done. */
  done: number;
  outcome: Outcome | undefined;
  used: number;
}

export type Peers = Map<string, Known>;

const BEHAVIOURS = [
  ...Array.from({ length: 8 }, () => 'works' as const),
  ...(['busy', 'away', 'request lost', 'answer lost', 'forgets', 'throws'] as const),
];

export function peerCarrier(stage: Stage, tenure: Tenure): Carrier {
  const working = new Map<string, Set<Assignment>>();
  return {
    name: 'simulated',
    async deliver(assignment, delivering) {
      if (delivering.signal.aborted) {
        // It is only told that nobody waits for it any more.
        return { kind: 'cancelled' };
      }
      const seat = assignment.callee.id;
      const here = working.get(seat) ?? new Set();
      working.set(seat, here.add(assignment));
      delivering.signal.addEventListener('abort', () => here.delete(assignment), { once: true });
      if (here.size > stage.capacities.most(seat)) {
        stage.ledger.complain('caps', `${here.size} tasks are at ${seat}, for ${stage.capacities.most(seat)} slots`);
      }
      try {
        return await new Visit(stage, tenure, { assignment, delivering }).meet();
      } finally {
        here.delete(assignment);
      }
    },
    async close() {},
  };
}

class Visit {
  readonly #stage: Stage;
  readonly #tenure: Tenure;
  readonly #assignment: Assignment;
  readonly #delivering: Delivering;
  readonly #plan: Plan;

  constructor(
    stage: Stage,
    tenure: Tenure,
    { assignment, delivering }: { assignment: Assignment; delivering: Delivering },
  ) {
    this.#stage = stage;
    this.#tenure = tenure;
    this.#assignment = assignment;
    this.#delivering = delivering;
    this.#plan = JSON.parse(assignment.task) as Plan;
  }

  async meet(): Promise<Outcome> {
    const { world, dice, isHealed, ledger } = this.#stage;
    const behaviour = isHealed ? 'works' : dice.pick(BEHAVIOURS);
    world.say(`peer meets ${this.#plan.name}: ${behaviour}`);
    await this.#tenure.sleep(dice.below(80));
    if (behaviour === 'busy' || behaviour === 'away') {
      ledger.fault(`peer ${behaviour}`);
      const retryAfterMs = 1 + dice.below(2000);
      return behaviour === 'busy'
        ? { kind: 'busy', retryAfterMs }
        : { kind: 'unreachable', error: 'nobody listens', retryAfterMs };
    }
    if (this.#delivering.signal.aborted) {
      return this.#stopped();
    }
    const known = this.#begin();
    if (behaviour === 'works') {
      return this.#work(known);
    }
    ledger.fault(`peer: ${behaviour}`);
    if (behaviour === 'answer lost') {
      await this.#work(known);
    } else if (behaviour === 'throws') {
      throw new ErrandError({ code: 'unavailable', message: 'A carrier fails.' });
    } else if (behaviour === 'forgets') {
      this.#stage.peers.delete(this.#plan.name);
      return { kind: 'unknown', error: 'there is no such task', forgotten: true };
    }
    return { kind: 'unknown', error: 'the line was cut' };
  }

  /** Sent again it is the same task, where the peer may be sent it twice. */
  #begin(): Known {
    const { peers } = this.#stage;
    const { id, remoteTask, answer } = this.#assignment;
    const { name } = this.#plan;
    const known = peers.get(name);
    const isFollowed = remoteTask !== undefined || answer !== undefined;
    if (!isFollowed && (known === undefined || CALLEES[this.#to].recovery === 'unknown')) {
      begin(this.#stage, this.#plan, id);
    }
    const task = known ?? { done: 0, outcome: undefined, used: 0 };
    peers.set(name, task);
    if (this.#stage.dice.chance(0.5)) {
      this.#delivering.reports.acknowledged({ task: `remote ${name}` });
    }
    return task;
  }

  get #to(): CalleeName {
    return this.#stage.ledger.entries.get(this.#plan.name)?.to ?? 'peer';
  }

  async #work(known: Known): Promise<Outcome> {
    const { signal, reports } = this.#delivering;
    const { steps, name } = this.#plan;
    if (known.outcome?.kind === 'asked' && this.#assignment.answer !== undefined) {
      known.outcome = undefined;
    }
    for (; known.outcome === undefined && known.done < steps.length; known.done += 1) {
      const step = steps[known.done];
      if (step?.do === 'usage') {
        known.used += step.tokens;
        reports.progressed({ usage: { inputTokens: known.used } });
      } else if (step !== undefined) {
        known.outcome = await this.#step(step, known.done);
      }
      if (signal.aborted) {
        return this.#stopped();
      }
    }
    known.outcome ??= { kind: 'completed', output: { text: `${name} is done` }, ...usageOf(known) };
    return known.outcome;
  }

  async #step(step: Step, index: number): Promise<Outcome | undefined> {
    switch (step.do) {
      case 'sleep':
      case 'deaf':
        await this.#sleep(step.ms);
        return undefined;
      case 'hang':
        await this.#sleep(Infinity);
        return undefined;
      case 'fail':
        return { kind: 'failed', reason: 'callee_failed', error: `${this.#plan.name} fails` };
      case 'ask':
        return { kind: 'asked', question: `${this.#plan.name}/${index}?` };
      default:
        this.#delivering.reports.progressed({ message: `${this.#plan.name} goes on`, percent: 10 });
        return undefined;
    }
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#delivering;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) {
        resolve();
      } else if (Number.isFinite(ms)) {
        void this.#tenure.sleep(ms).then(resolve);
      }
    });
  }

  async #stopped(): Promise<Outcome> {
    const { dice } = this.#stage;
    const isConfirmed = this.#delivering.signal.reason === 'cancelled' && dice.chance(0.6);
    await this.#tenure.sleep(dice.below(300));
    return isConfirmed ? { kind: 'cancelled' } : { kind: 'unknown', error: 'stopped' };
  }
}

function usageOf({ used }: Known): { usage?: { inputTokens: number } } {
  return used === 0 ? {} : { usage: { inputTokens: used } };
}
