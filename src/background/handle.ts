/**
 * One task in the hands of whoever delegated it, from the moment it is asked for.
 *
 * It is there before the task is kept: what comes of that is `accepted`. Inside a function, whoever waits for it here
 * gives the function's slot to others meanwhile.
 */
import { isSettled, type Delegation, type Status } from '../core/delegation/index.ts';
import { keyOf } from '../core/ports/index.ts';
import { cut } from '../core/text.ts';
import { answer, cancel, failureOf } from '../flow/index.ts';
import type { Admission, Ending, Handle, Receipt, Standing, Step, SteerReceipt, Waiting } from './background.ts';
import { closed, whileOpen } from './closed.ts';
import { endingFrom, lostEnding, takeQuestion, toOf } from './ending.ts';
import type { House } from './house.ts';
import { leavable } from './leavable.ts';
import { receiptOf } from './receipt.ts';
import { sessionOf } from './session-of.ts';
import { stepsOf } from './steps.ts';
import { requireWaiting, untilEnded, waitFor } from './wait.ts';
import { requireField, TEXT } from './wrong.ts';

export interface Held extends Standing {
  /** Undefined where only its id is known, and it was not looked at. */
  key: number | undefined;
}

const STEER_CHARACTERS = 4000;

export class TaskHandle implements Handle {
  readonly #house: House;
  #held: Held;
  #status: Status = 'pending';
  #accepted: Promise<Admission> | undefined;
  #done: Promise<Ending> | undefined;
  #ending: Ending | undefined;
  #admission: Admission | undefined;
  #isFresh: boolean;
  /** Those who want to know what came of it. */
  #onAdmission: ((admission: Admission) => void)[] | undefined;

  /** One that is not fresh was accepted long ago. */
  constructor(house: House, held: Held, { isFresh = false }: { isFresh?: boolean } = {}) {
    this.#house = house;
    this.#held = held;
    this.#isFresh = isFresh;
  }

  get id(): string {
    return this.#held.id;
  }

  get to(): string {
    return this.#held.to;
  }

  get session(): string {
    return this.#held.session;
  }

  get key(): number | undefined {
    return this.#held.key;
  }

  get status(): Status {
    return this.#status;
  }

  /** It is not kept yet: nothing can have happened that nobody here has heard of. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get accepted(): Promise<Admission> {
    this.#accepted ??= this.#isAsked ? new Promise((resolve) => this.whenAdmitted(resolve)) : this.#find();
    return this.#accepted;
  }

  get done(): Promise<Ending> {
    return this.#resting(() => {
      this.#done ??= this.settled();
      return this.#done;
    });
  }

  /** It was delegated with this very handle. */
  get #isAsked(): boolean {
    return this.#isFresh || this.#admission !== undefined;
  }

  get events(): AsyncIterable<Step> {
    const streamOf = (over: AbortSignal): AsyncGenerator<Step> => stepsOf(this.#house, this, over);
    return leavable({ signals: [this.#house.closing], streamOf });
  }

  async wait(waiting: Waiting = {}): Promise<Ending | undefined> {
    requireWaiting(waiting);
    return this.#resting(async () => {
      const [ending] = await waitFor(this.#house, { handles: [this], first: 1, waiting, orAsked: true });
      return ending;
    });
  }

  async question(): Promise<string | undefined> {
    return whileOpen(this.#house, async () => {
      const row = await this.row();
      if (row?.status !== 'input_required') {
        return undefined;
      }
      await takeQuestion(this.#house, row);
      return row.detail.question;
    });
  }

  async answer(text: string): Promise<Status> {
    requireField('answer', text ?? null, TEXT);
    return whileOpen(this.#house, async () => {
      const { delegation } = await answer(this.#house.line, await this.#acting(), text);
      return this.seen(delegation.status);
    });
  }

  async steer(text: string): Promise<SteerReceipt> {
    requireField('steer', text ?? null, TEXT);
    return whileOpen(this.#house, async () => {
      const { ref, actor } = await this.#acting();
      const said = cut(text.toWellFormed(), STEER_CHARACTERS).text;
      const answered = await this.#house.line.recorder.record({ type: 'steer', ref, actor, text: said });
      if (answered.kind !== 'done') {
        throw failureOf(answered);
      }
      this.#handOn(answered.delegation, said);
      return { state: 'kept', outcome: this.#heeded(said) };
    });
  }

  async cancel(reason?: string): Promise<Receipt> {
    requireField('cancel.reason', reason, TEXT);
    return whileOpen(this.#house, async () => {
      const { delegation, fresh } = await cancel(this.#house.line, await this.#acting(), reason);
      this.seen(delegation.status);
      return receiptOf(delegation, fresh, async () => this.settled());
    });
  }

  toJSON(): Standing {
    const { id, to, session } = this.#held;
    return { id, to, session };
  }

  /** As it stands; undefined where it is not kept (any more). */
  async row() {
    const { key, id } = this.#held;
    if (key === undefined) {
      await this.#house.arriving.get(keyOf('dlg', id) ?? 0)?.accepted;
    }
    const row = await this.#house.line.engine.delegation(key === undefined ? { id } : { key });
    if (row !== undefined) {
      this.#held = { ...this.#held, id: row.id, key: row.key, to: toOf(row) };
      this.seen(row.status);
    }
    return row;
  }

  seen(status: Status): Status {
    this.#status = status;
    return status;
  }

  /** It is kept; perhaps as another one, whose key was used before. */
  keptAs(status: Status, held?: Partial<Held>): void {
    if (held !== undefined) {
      this.#held = { ...this.#held, ...held };
    }
    this.#isFresh = false;
    // Its ending may have come with the commit that kept it.
    if (this.#ending === undefined) {
      this.seen(status);
    }
  }

  admitted(admission: Admission): void {
    this.#admission = admission;
    this.#isFresh = false;
    for (const tell of this.#onAdmission ?? []) {
      tell(admission);
    }
    this.#onAdmission = undefined;
  }

  /** At once where it is known. */
  whenAdmitted(tell: (admission: Admission) => void): void {
    if (this.#admission !== undefined) {
      tell(this.#admission);
    } else if (this.#isFresh) {
      this.#onAdmission ??= [];
      this.#onAdmission.push(tell);
    } else {
      void this.accepted.then(tell);
    }
  }

  /** It has its ending, and it was taken. */
  settle(ending: Ending): Ending {
    this.#ending ??= ending;
    this.seen(this.#ending.status);
    return this.#ending;
  }

  /** With its ending, however long it takes. */
  settled(): Promise<Ending> {
    return untilEnded(this.#house, this, async () => this.#lastEnding());
  }

  /** This was closed before it was handed over. What is kept is told at the next start; memory can be read still. */
  async #lastEnding(): Promise<Ending> {
    const { isKept, line } = this.#house;
    const row = isKept ? undefined : await this.row();
    return row === undefined || !isSettled(row.status)
      ? lostEnding(this.id, this.to, 'its ending was not read when this was closed; it is told at the next start')
      : this.settle(endingFrom(row, await line.engine.result(row.key)));
  }

  #resting<T>(wait: () => Promise<T>): Promise<T> {
    const run = this.#house.running.current;
    return run === undefined || this.#ending !== undefined ? wait() : run.waitFor([this], wait);
  }

  /** A run that is about to begin is there a moment later; before that, it finds the words with its task. */
  #handOn({ key, status }: Delegation, said: string): void {
    const run = this.#house.runs.get(key);
    if (run !== undefined) {
      run.steer(said);
    } else if (status === 'dispatched') {
      this.#house.clock.soon(() => this.#house.runs.get(key)?.steer(said));
    }
  }

  async #find(): Promise<Admission> {
    if (this.#house.closing.aborted) {
      const { code, message } = closed(this.#house);
      return { kind: 'rejected', code, message, nextActions: [] };
    }
    const row = await this.row();
    if (row === undefined) {
      return { kind: 'rejected', code: 'not_found', message: `There is no task ${this.id}.`, nextActions: [] };
    }
    if (this.#held.session === '') {
      this.#held = { ...this.#held, session: await sessionOf(this.#house, row) };
    }
    return { kind: 'known', id: row.id, status: row.status };
  }

  async #acting() {
    const admitted = await this.accepted;
    if (admitted.kind === 'rejected') {
      throw failureOf({ kind: 'refused', refusal: { code: admitted.code, message: admitted.message } });
    }
    const { id, key, session } = this.#held;
    return { ref: key === undefined ? { id } : { key, id }, actor: this.#house.running.current?.id ?? session };
  }

  async #heeded(said: string): Promise<'taken' | 'missed'> {
    const { hub, engine, onFault } = this.#house.line;
    const { promise, resolve, reject } = Promise.withResolvers<'taken' | 'missed'>();
    const key = this.#held.key ?? -1;
    const look = async (): Promise<void> => {
      const row = await engine.delegation({ key });
      if (row?.detail.steering?.includes(said) !== true) {
        resolve('taken');
      } else if (isSettled(row.status)) {
        resolve('missed');
      }
    };
    const leave = hub.onDelegation(key, () => void look().catch(reject));
    // Whoever takes it after that cannot say so here.
    const onClose = (): void => resolve('missed');
    this.#house.closing.addEventListener('abort', onClose, { once: true });
    void look().catch(reject);
    try {
      return await promise;
    } catch (error) {
      onFault(error);
      return 'missed';
    } finally {
      leave();
      this.#house.closing.removeEventListener('abort', onClose);
    }
  }
}
