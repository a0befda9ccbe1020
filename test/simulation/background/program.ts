/**
 * What programs do to background delegation, as the dice say: they delegate one or many, wait in every way or not at
 * all, cancel, steer, resize, close sessions, look at lists; and what befalls the process in between.
 */
import type { Asking, Background, BatchHandle, Handle, Receipt, WaitMode } from '../../../src/background/index.ts';
import { HERE } from '../../../src/background/house.ts';
import { ErrandError } from '../../../src/core/error.ts';
import { Host } from './host.ts';
import { isIn, type Entry } from './ledger.ts';
import type { Lives } from './lives.ts';
import { budgetOf, CALLEES, pickCallee, planOf } from './plan.ts';
import type { Stage } from './stage.ts';
import { judgeAdmission, judgeWaited, taking } from './taking.ts';
import type { Tenure } from './tenure.ts';
import { wordsFor } from './typed.ts';

type Attitude = 'told' | 'done' | 'wait' | 'hasty' | 'cancel' | 'receipt';

interface Open {
  tenure: Tenure;
  door: Background;
}

/** The key stands for something else; or it was not got as far as that. */
const MAY_BE: ReadonlySet<string> = new Set(['idempotency_conflict', 'unavailable', 'shutting_down', 'queue_full']);

const FIRST = ['main', 'left', 'right'];

export class Program {
  readonly hosts: Host[];
  readonly #stage: Stage;
  readonly #lives: () => Lives;
  #tasks = 0;
  #sessions = 0;
  /** Of the process that lives now. */
  #handles: Handle[] = [];
  #batches: BatchHandle[] = [];

  constructor(stage: Stage, lives: () => Lives) {
    this.#stage = stage;
    this.#lives = lives;
    this.hosts = FIRST.map((session) => new Host(stage, session));
  }

  get closed(): ReadonlySet<string> {
    return new Set(this.hosts.filter(({ isClosed }) => isClosed).map(({ session }) => session));
  }

  onOpen(): void {
    this.#handles = [];
    this.#batches = [];
  }

  plan(operations: number, untilMs: number): void {
    const { world, dice } = this.#stage;
    for (let count = 0; count < operations; count += 1) {
      world.at(dice.below(untilMs), () => {
        const open = this.#lives().open;
        if (open !== undefined) {
          this.#mind(this.#operation(open));
        }
      });
    }
  }

  async #operation(open: Open): Promise<void> {
    const { dice } = this.#stage;
    const kind = dice.next();
    const choices: [number, () => Promise<unknown>][] = [
      [0.25, async () => this.#prompt(open)],
      [0.47, async () => this.#delegate(open, this.#host())],
      [0.55, async () => this.#batch(open, this.#host())],
      [0.63, async () => this.#waitForSome(open)],
      [0.69, async () => this.#cancelSome(open)],
      [0.74, async () => this.#steer()],
      [0.79, async () => this.#resize(open)],
      [0.83, async () => this.#holdAgain(open)],
      [0.86, async () => this.#closeSession(open)],
      [0.875, async () => this.#list(open)],
      [0.915, async () => this.#answerOne()],
      [0.935, async () => this.#anyAgain(open)],
      [0.96, async () => this.#storeAway(open)],
      [0.975, async () => this.#shutDown(open)],
      [0.985, async () => this.#lives().jump()],
      [1, async () => this.#lives().strike()],
    ];
    await choices.find(([upTo]) => kind < upTo)?.[1]();
  }

  /** A refusal is an answer; anything else that is thrown is a fault. */
  #mind(doing: Promise<unknown>): void {
    doing.catch((error: unknown) => {
      this.#stage.world.say(`answer ${String(error)}`);
      if (!(error instanceof ErrandError)) {
        this.#stage.ledger.complain('no fault', error instanceof Error ? (error.stack ?? '') : String(error));
      }
    });
  }

  #host(): Host {
    return this.#stage.dice.pick(this.hosts.filter(({ isClosed }) => !isClosed));
  }

  async #prompt(open: Open): Promise<void> {
    const host = this.#host();
    if (!host.isBusy) {
      const count = 1 + this.#stage.dice.below(3);
      const calls = Array.from({ length: count }, () => async () => this.#delegateSafely(open, host));
      await host.prompt(open.tenure, open.door, calls);
    }
  }

  async #delegateSafely(open: Open, host: Host): Promise<void> {
    try {
      await this.#delegate(open, host);
    } catch (error) {
      if (!(error instanceof ErrandError)) {
        throw error;
      }
    }
  }

  #enter(session: string, batch?: string): Entry {
    const { dice, ledger } = this.#stage;
    const name = `t${(this.#tasks += 1)}`;
    const to = pickCallee(dice);
    const plan = planOf(dice, name, to);
    return ledger.enter({ name, to, plan, budget: budgetOf(dice), session, parent: undefined, batch });
  }

  /** What is asked, and what is wished of it. */
  #asking({ to, plan, session, budget, name }: Entry, isWrong: boolean): Asking {
    const { dice, world } = this.#stage;
    return {
      ...wordsFor(to, plan, isWrong),
      session,
      ...(budget === undefined ? {} : { budget }),
      ...(dice.chance(0.15) ? { full: dice.pick(['queue', 'reject', 'inline'] as const) } : {}),
      ...(dice.chance(0.25) ? { conversation: 'talk' } : {}),
      ...(dice.chance(0.1) ? { priority: 'critical' as const } : {}),
      ...(dice.chance(0.05) ? { deadlineMs: 5000 } : {}),
      ...(dice.chance(0.05) ? { validForMs: 3000 } : {}),
      ...(dice.chance(0.2) ? { idempotencyKey: name } : {}),
      ...(dice.chance(0.05) ? { startAt: new Date(world.now() + 3000) } : {}),
    };
  }

  async #delegate({ tenure, door }: Open, host: Host): Promise<void> {
    const { dice, ledger } = this.#stage;
    const entry = this.#enter(host.session);
    const isWrong = CALLEES[entry.to].isTyped === true && dice.chance(0.1);
    const asking = this.#asking(entry, isWrong);
    entry.conversation = asking.conversation;
    entry.startAt = asking.startAt?.getTime();
    const handle = door.delegate(asking);
    ledger.knows(entry, handle.id);
    if (asking.idempotencyKey !== undefined) {
      entry.asking = asking;
    }
    this.#handles.push(handle);
    this.#mind(this.#attend(handle, tenure));
    if (asking.idempotencyKey !== undefined && dice.chance(0.3)) {
      this.#mind(this.#again({ tenure, door }, entry));
    }
    await this.#admitted(entry, handle);
    judgeAdmission(this.#stage, asking, { entry, isWrong });
  }

  /** The same under the same key, or something else: in this process or in one after it. */
  async #again({ door }: Open, entry: Entry): Promise<void> {
    const { dice, ledger, rows } = this.#stage;
    if (entry.asking === undefined) {
      return;
    }
    const kept = rows.byId(entry.id ?? '');
    if (kept !== undefined && dice.chance(0.25)) {
      const other = await door.delegate({ ...entry.asking, context: 'something else' }).accepted;
      if (!(other.kind === 'rejected' && MAY_BE.has(other.code))) {
        ledger.complain('one key', `${entry.name} is kept, and its key is ${other.kind} for something else`);
      }
      return;
    }
    const again = door.delegate(entry.asking);
    entry.isAskedTwice = true;
    ledger.byId.set(again.id, entry);
    entry.admission = isIn(entry.admission) ? entry.admission : undefined;
    const admission = await again.accepted;
    if (admission.kind !== 'rejected') {
      ledger.fault(kept === undefined ? 'delegated again' : 'delegated twice under one key');
      ledger.admitted(entry, again.id, admission);
    }
  }

  async #anyAgain(open: Open): Promise<void> {
    const { ledger, dice } = this.#stage;
    const isOpen = (session: string): boolean => !this.closed.has(session);
    const keyed = [...ledger.entries.values()].filter(({ asking, session }) => asking !== undefined && isOpen(session));
    await (keyed.length === 0 ? undefined : this.#again(open, dice.pick(keyed)));
  }

  async #admitted(entry: Entry, handle: Handle): Promise<void> {
    const admission = await handle.accepted;
    this.#stage.world.say(`${entry.name} ${admission.kind} ${admission.kind === 'rejected' ? admission.code : ''}`);
    this.#stage.ledger.admitted(entry, handle.id, admission);
  }

  async #attend(handle: Handle, tenure: Tenure): Promise<void> {
    const { dice } = this.#stage;
    const attitude = dice.pick<Attitude>(['told', 'told', 'told', 'done', 'wait', 'hasty', 'cancel', 'receipt']);
    if (dice.chance(0.5)) {
      await tenure.sleep(dice.below(4000));
    }
    if (attitude === 'done') {
      await taking(this.#stage, tenure, [handle], async () => [await handle.done]);
    } else if (attitude === 'wait' || attitude === 'hasty') {
      const timeoutMs = attitude === 'wait' ? 20_000 : dice.below(2000);
      await taking(this.#stage, tenure, [handle], async () => [await handle.wait({ timeoutMs })]);
    } else if (attitude !== 'told' && (await handle.accepted).kind !== 'rejected') {
      await tenure.sleep(dice.below(5000));
      await this.#cancelled(tenure, [await handle.cancel('by its handle')], attitude === 'receipt');
    }
  }

  async #batch({ tenure, door }: Open, host: Host): Promise<void> {
    const { dice, ledger } = this.#stage;
    const batch = `b${this.#tasks}`;
    const entries = Array.from({ length: 1 + dice.below(4) }, () => this.#enter(host.session, batch));
    const key = dice.chance(0.3) ? { idempotencyKey: batch } : {};
    const askings = entries.map(({ to, plan, session, budget }) => ({
      ...wordsFor(to, plan),
      ...{ session, ...(budget === undefined ? {} : { budget }), ...key },
    }));
    const handle = door.delegate(askings);
    for (const [index, entry] of entries.entries()) {
      ledger.knows(entry, handle.handles[index]?.id ?? '');
    }
    ledger.fault('batch');
    this.#batches.push(handle);
    this.#mind(Promise.all(entries.map(async (entry, index) => this.#admittedIn(entry, handle, index))));
    if (key.idempotencyKey !== undefined) {
      const again = door.delegate(askings);
      for (const [index, entry] of entries.entries()) {
        ledger.byId.set(again.handles[index]?.id ?? '', entry);
        entry.isAskedTwice = true;
      }
      ledger.fault('batch under a key');
      this.#mind(Promise.all(entries.map(async (entry, index) => this.#admittedIn(entry, again, index))));
    }
    if ((await handle.accepted).kind !== 'rejected') {
      const way = dice.next();
      if (way < 0.3) {
        await taking(this.#stage, tenure, handle.handles, async () => handle.done);
      } else if (way < 0.5) {
        await taking(this.#stage, tenure, handle.handles, async () => (await door.wait('all', handle.handles)).endings);
      } else if (way < 0.6) {
        await tenure.sleep(dice.below(3000));
        await this.#cancelled(tenure, await handle.cancel('the batch'), false);
      }
    }
  }

  async #admittedIn(entry: Entry, batch: BatchHandle, index: number): Promise<void> {
    const admission = await batch.accepted;
    this.#stage.ledger.admitted(entry, batch.handles[index]?.id ?? '', admission);
  }

  async #waitForSome({ tenure, door }: Open): Promise<void> {
    const { dice } = this.#stage;
    const handles = this.#some(4);
    if (handles.length > 0) {
      const mode: WaitMode = dice.pick(['all', 'any', { first: 1 + dice.below(3) }]);
      const waiting = dice.chance(0.8) ? { timeoutMs: dice.below(dice.pick([500, 10_000])) } : {};
      await taking(this.#stage, tenure, handles, async () => {
        const waited = await door.wait(mode, handles, waiting);
        judgeWaited(this.#stage, waited, {
          mode,
          handles,
          isOver: waiting.timeoutMs !== undefined || tenure.isClosing,
        });
        return waited.endings;
      });
    }
  }

  #some(most: number): Handle[] {
    const { dice } = this.#stage;
    const recent = this.#handles.slice(-12);
    const picked = Array.from({ length: 1 + dice.below(most) }, () =>
      recent.length === 0 ? undefined : dice.pick(recent),
    );
    return [...new Set(picked)].filter((handle) => handle !== undefined);
  }

  async #cancelSome({ tenure, door }: Open): Promise<void> {
    const { dice, ledger } = this.#stage;
    const [one] = this.#some(1);
    const way = dice.next();
    ledger.fault('cancel');
    const last = this.#batches.at(-1);
    if (way < 0.5 && one !== undefined) {
      await this.#cancelled(tenure, await door.cancel(one.id), dice.chance(0.5));
    } else if (way < 0.7 && last !== undefined) {
      await this.#cancelled(tenure, await door.cancel({ batch: last.id }), false);
    } else if (way < 0.9) {
      await this.#cancelled(tenure, await door.cancel({ session: this.#host().session }, 'the session'), false);
    } else {
      await this.#cancelled(tenure, await door.cancel('all', 'all of it'), dice.chance(0.3));
    }
  }

  async #cancelled(tenure: Tenure, receipts: readonly Receipt[], isAwaited: boolean): Promise<void> {
    const { ledger, world } = this.#stage;
    for (const { id, state } of receipts) {
      ledger.asksToStop(id, world.steady);
      if (state !== 'asked' && !ledger.settled.has(id)) {
        ledger.complain('bounded cancel', `${id} is ${state} by its receipt, and has no ending`);
      }
    }
    if (isAwaited) {
      const ids = receipts.map(({ id }) => tenureHandle(id));
      await taking(this.#stage, tenure, ids, async () => Promise.all(receipts.map(async ({ ending }) => ending)));
    }
  }

  async #steer(): Promise<void> {
    const [handle] = this.#some(1);
    if (handle !== undefined && (await handle.accepted).kind !== 'rejected') {
      this.#stage.ledger.fault('steered');
      const receipt = await handle.steer('more of it');
      await receipt.outcome;
    }
  }

  async #resize({ door }: Open): Promise<void> {
    const { dice, ledger, capacities } = this.#stage;
    const callee = dice.pick(['', '', 'own', 'solo', 'peer']);
    const seat = callee === '' ? HERE : `at:${callee}`;
    const capacity = 1 + dice.below(3);
    ledger.fault('resized');
    capacities.change(seat, capacity);
    await (callee === '' ? door.resize(capacity) : door.resize(capacity, callee));
    capacities.set(seat, capacity);
  }

  /** By its id alone, or as it was written down: of this process or of one before it. */
  async #holdAgain({ tenure, door }: Open): Promise<void> {
    const { dice, ledger } = this.#stage;
    const roots = ledger.roots.slice(-15);
    if (roots.length > 0) {
      const { id = '', to, session } = dice.pick(roots);
      const handle = door.handle(dice.chance(0.5) ? id : { id, to, session });
      ledger.fault('held again');
      const timeoutMs = dice.below(5000);
      await taking(this.#stage, tenure, [handle], async () =>
        dice.chance(0.5) ? [await handle.done] : [await handle.wait({ timeoutMs })],
      );
    }
  }

  async #closeSession({ tenure, door }: Open): Promise<void> {
    const host = this.#host();
    this.#stage.ledger.fault('session closed');
    host.close();
    const another = new Host(this.#stage, `session ${(this.#sessions += 1)}`);
    this.hosts.push(another);
    another.attend(tenure, door);
    await this.closeSurely({ tenure, door }, host.session);
  }

  async closeSurely({ tenure, door }: Open, session: string): Promise<void> {
    for (;;) {
      try {
        await door.closeSession(session);
        return;
      } catch (error) {
        if (!(error instanceof ErrandError) || error.code !== 'unavailable' || tenure.isClosing) {
          throw error;
        }
        await tenure.sleep(500);
      }
    }
  }

  async #list({ door }: Open): Promise<void> {
    const { ledger, rows } = this.#stage;
    const known = new Set(ledger.roots.flatMap(({ id }) => id ?? []));
    const listed = new Map((await door.list({ limit: 10_000 })).map((one) => [one.id, one]));
    for (const id of known) {
      if (!listed.has(id)) {
        ledger.complain('always listed', `${ledger.byId.get(id)?.name ?? id} is in no list`);
      }
    }
    const active = new Set((await door.active()).map(({ id }) => id));
    for (const row of rows.live) {
      // Looked at while nobody writes: what is alive now and was asked for before was alive then.
      if (known.has(row.id) && !active.has(row.id)) {
        ledger.complain('always listed', `${row.id} is alive, and not listed as active`);
      }
    }
  }

  async #answerOne(): Promise<void> {
    const { rows } = this.#stage;
    const [any] = this.#some(1);
    const handle = this.#handles.findLast(({ id }) => rows.byId(id)?.status === 'input_required') ?? any;
    if (handle !== undefined) {
      const question = await handle.question();
      if (question !== undefined) {
        this.#stage.ledger.fault('question read');
        await this.#answer(handle);
      }
    }
  }

  async #answer(handle: Handle): Promise<void> {
    for (;;) {
      try {
        await handle.answer('yes');
        return;
      } catch (error) {
        if (!(error instanceof ErrandError) || error.code !== 'unavailable') {
          throw error;
        }
        await this.#stage.world.sleep(300);
      }
    }
  }

  /** Perhaps right behind a task that is on its way. */
  async #shutDown(open: Open): Promise<void> {
    const { dice } = this.#stage;
    if (dice.chance(0.5)) {
      this.#mind(this.#delegate(open, this.#host()));
    }
    await this.#lives().shutdown(dice.pick(['keep', 'drain', 'cancel']), true);
  }

  async #storeAway({ tenure }: Open): Promise<void> {
    const { dice, ledger } = this.#stage;
    const ms = dice.below(2500);
    ledger.excused += ms;
    tenure.life.loseStore(ms);
  }
}

function tenureHandle(id: string): Handle {
  return { id } as Handle;
}
