/**
 * Dispatching a unit: one slot, whatever is in it, and a dictionary that says at once whether it was taken.
 *
 * One after the other, so that each is judged by the bound it brings; what is refused was never called.
 */
import { ErrandError, type ErrorCode } from '../../core/error.ts';
import { isSettled } from '../../core/delegation/index.ts';
import type { Admission, Asking, Background, Full } from '../background.ts';
import type { BatchDispatch, Dispatch, Dispatched, LiveStatus, NextAction } from './hermes.ts';
import { Closures } from './run.ts';
import { wrongChildren, wrongWith } from './requirements.ts';
import { labelOf, outsideId, sessionOf, UNIT, unitIn, type Unit } from './unit.ts';

type Unitary = Pick<Unit, 'goal' | 'goals' | 'is_batch'>;

const MS = 1000;

export class Dispatcher {
  readonly #door: Background;
  readonly #closures: Map<string, Closures>;
  readonly #full: Full;
  #usual: number;
  #most: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(door: Background, closures: Map<string, Closures>, { full, most }: { full: Full; most: number }) {
    this.#door = door;
    this.#closures = closures;
    this.#full = full;
    this.#usual = most;
    this.#most = most;
  }

  async one(dispatch: Dispatch): Promise<Dispatched> {
    return this.#inTurn(dispatch, () => ({ goal: dispatch.goal, goals: [dispatch.goal], is_batch: false }));
  }

  async batch(dispatch: BatchDispatch): Promise<Dispatched> {
    return this.#inTurn({ ...dispatch, goals: dispatch.goals ?? [] }, ({ goals }) => ({
      goal: labelOf(goals),
      goals: [...goals],
      is_batch: true,
    }));
  }

  /** For every dispatch that does not say otherwise. */
  async setUsual(most: number): Promise<void> {
    const wrong = wrongChildren(most);
    if (wrong !== '') {
      throw new RangeError(`errand/background/hermes: ${wrong}`);
    }
    const mine = this.#last.then(async () => this.#resize(most));
    this.#last = mine.catch(() => {});
    await mine;
    this.#usual = most;
  }

  async #resize(most: number): Promise<void> {
    if (most !== this.#most) {
      await this.#door.resize(most);
      this.#most = most;
    }
  }

  async #inTurn<D extends Dispatch | BatchDispatch>(
    dispatch: D,
    unitOf: (dispatch: D) => Unitary,
  ): Promise<Dispatched> {
    const wrong = wrongWith(dispatch);
    if (wrong !== undefined) {
      return rejected('invalid_request', wrong);
    }
    const unit = unitOf(dispatch);
    const mine = this.#last.then(async () => this.#dispatch(dispatch, unit));
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #dispatch(dispatch: Dispatch | BatchDispatch, unit: Unitary): Promise<Dispatched> {
    try {
      await this.#resize(dispatch.max_async_children ?? this.#usual);
      const handle = this.#door.delegate(this.#askingOf(dispatch, unit));
      const { id } = handle;
      // Before it is kept, since it begins with that.
      this.#closures.set(id, new Closures(dispatch));
      const admission = await handle.accepted;
      if (admission.kind !== 'accepted') {
        this.#closures.delete(id);
      }
      return dispatchedOf({ id, unit, most: this.#most }, admission);
    } catch (error) {
      if (error instanceof ErrandError) {
        return rejected(error.code, error.message);
      }
      throw error;
    }
  }

  #askingOf(dispatch: Dispatch | BatchDispatch, unit: Unitary): Asking {
    const input = unitIn({ ...dispatch, ...unit });
    const { idempotency_key, timeout_seconds, full = this.#full } = dispatch;
    return {
      ...{ to: UNIT, task: unit.goal, input, full },
      session: sessionOf(input.session_key),
      ...(input.context === null ? {} : { context: input.context }),
      ...(idempotency_key === undefined ? {} : { idempotencyKey: idempotency_key }),
      ...(timeout_seconds === undefined ? {} : { deadlineMs: timeout_seconds * MS }),
    };
  }
}

const NOTE = 'It runs in the background, and its completion is told once, in a later turn: do not wait or poll for it.';

interface Asked {
  id: string;
  unit: Unitary;
  most: number;
}

function dispatchedOf({ id, unit, most }: Asked, admission: Admission): Dispatched {
  if (admission.kind === 'rejected') {
    const { code, message } = admission;
    return rejected(code, code === 'no_free_slot' ? fullText(most) : message);
  }
  const { goal, goals } = unit;
  const said = { status: 'dispatched', mode: 'background', goal, goals, count: goals.length, note: NOTE } as const;
  return admission.kind === 'accepted'
    ? { ...said, delegation_id: outsideId(id), state: admission.state === 'running' ? 'running' : 'queued' }
    : { ...said, delegation_id: outsideId(admission.id), state: stateOf(admission), duplicate: true };
}

function stateOf({ status }: Extract<Admission, { kind: 'known' }>): LiveStatus | 'ended' {
  if (isSettled(status)) {
    return 'ended';
  }
  return status === 'queued' || status === 'pending' ? 'queued' : 'running';
}

function fullText(most: number): string {
  return (
    `Async delegation capacity reached: max_async_children is ${most}, and as many are running. Nothing was started. ` +
    `Wait for one (wait_async_delegations), stop one (interrupt), or dispatch with full: 'queue' to have it wait for a slot.`
  );
}

/** What can be done about it, of what is there. */
const NEXT: Readonly<Partial<Record<ErrorCode, readonly NextAction[]>>> = {
  no_free_slot: ['wait_async_delegations', 'interrupt', 'full'],
  queue_full: ['wait_async_delegations', 'interrupt'],
  fan_out_exceeded: ['wait_async_delegations', 'interrupt'],
  idempotency_conflict: ['idempotency_key'],
  unavailable: ['idempotency_key'],
  shutting_down: ['openHermes'],
};

function rejected(code: ErrorCode, error: string): Dispatched {
  return { status: 'rejected', error, code, next_actions: NEXT[code] ?? [] };
}
