/**
 * What time alone does: finds what is due and asks the law what the moment calls for.
 *
 * It sleeps until the earliest moment that any commit wrote, and a slow look each second is the backstop for clocks
 * that jump and for what another process wrote. Where several share a store, the leader does it for all. Expiring, rescuing, warning and releasing are one look at one index;
 * which of them it is, `core/delegation/deadline.ts` says (D11).
 */
import { overdue, type Delegation } from '../core/delegation/index.ts';
import type { Command, Timer } from '../core/ports/index.ts';
import { partialOf, type Line } from '../flow/index.ts';
import type { Leader } from './leader.ts';

const SWEEP_MS = 1000;
const AT_ONCE = 500;

export class Timekeeper {
  readonly #line: Line;
  readonly #leader: Pick<Leader, 'isLeading'>;
  #timer: Timer | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(line: Line, leader: Pick<Leader, 'isLeading'>) {
    this.#line = line;
    this.#leader = leader;
    line.onDue = (at) => this.#wakeAt(at);
  }

  start(): void {
    this.#wakeAt(this.#line.clock.now());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#line.onDue = () => {};
    await this.#sweeping;
  }

  #wakeAt(at: number): void {
    if (this.#stopped || this.#sweeping !== undefined || at >= this.#wakesAt) {
      return;
    }
    this.#timer?.cancel();
    this.#wakesAt = at;
    const { clock } = this.#line;
    this.#timer = clock.after(Math.max(0, at - clock.now()), () => {
      this.#sweeping = this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#line;
    let next: number | null = null;
    try {
      next = this.#leader.isLeading ? await sweep(this.#line) : null;
    } catch (error) {
      this.#line.onFault(error);
    }
    this.#sweeping = undefined;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = clock.now();
    this.#wakeAt(next === null ? now + SWEEP_MS : Math.min(Math.max(next, now + 1), now + SWEEP_MS));
  }
}

/** One look, and all that follows from it; answers when the next is due. */
async function sweep(line: Line): Promise<number | null> {
  for (;;) {
    const now = line.clock.now();
    const due = await line.engine.due(now, AT_ONCE);
    const commands = [
      ...due.delegations.map((delegation) => commandOf(line, delegation, now)).filter((found) => found !== undefined),
      ...due.workspaces.map((id): Command => ({ type: 'look', id })),
    ];
    const answers = await Promise.all(commands.map(async (command) => line.recorder.record(command)));
    const hasChanged = answers.some(({ kind }) => kind === 'done' || kind === 'workspace');
    if (due.delegations.length < AT_ONCE || !hasChanged) {
      const { next } = await line.engine.due(now, 0);
      // What stays due (the store cannot write, it was wound under other limits): the next slow look is soon enough.
      return !hasChanged && next !== null && next <= now ? null : next;
    }
  }
}

function commandOf(line: Line, delegation: Delegation, now: number): Command | undefined {
  const type = overdue(delegation, { now, limits: line.limits });
  const about = { ref: { key: delegation.key, id: delegation.id }, actor: 'errand' };
  if (type === undefined) {
    return undefined;
  }
  if (type === 'expire' || type === 'stall') {
    const partial = partialOf(line, delegation);
    return { type, ...about, ...(partial === undefined ? {} : { partial }) };
  }
  return type === 'rescue' ? { type, ...about, chance: line.ids.chance() } : { type, ...about };
}
