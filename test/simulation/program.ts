/**
 * What clients do in one seed: delegate in every way there is, and everything that can be done to a delegation.
 *
 * A client that does not hear back asks again with the same key. It writes down what it was told, and nothing else.
 */
import type { Answer, Assignment, Notice } from '../../src/core/ports/index.ts';
import { ErrandError } from '../../src/core/error.ts';
import {
  accept,
  acceptBatch,
  acknowledgeNotices,
  answer,
  cancel,
  collect,
  complete,
  fetchAssignments,
  readInbox,
  reprioritise,
  renew,
  retry,
  type Asking,
  type Line,
  type Task,
} from '../../src/flow/index.ts';
import type { Delegation, Priority } from '../../src/core/delegation/index.ts';
import type { Ledger } from './ledger.ts';
import type { Oracle } from './oracle.ts';
import { answerTo, TOO_LATE, type Stage } from './peers.ts';
import type { Reachable } from './platforms.ts';
import { Unknown } from './unknown.ts';

const CALLERS = ['lead', 'mid'] as const;
const SERVED = ['w1', 'w2', 'w3', 'mid'] as const;
const PULLING = 'puller';
const PRIORITIES: readonly Priority[] = [100, 50, 50, 10];

export class Program {
  readonly #stage: Stage;
  readonly #platform: Reachable;
  readonly #ledger: Ledger;
  readonly #oracle: Oracle;
  #counter = 0;

  constructor(stage: Stage, platform: Reachable, oracle: Oracle) {
    this.#stage = stage;
    this.#platform = platform;
    this.#ledger = stage.ledger;
    this.#oracle = oracle;
    stage.onWork = (assignment) => this.#delegateOn(assignment);
  }

  /** Everything this seed will do, put into virtual time. */
  plan(operations: number, withinMs: number): void {
    const { world } = this.#stage;
    for (let index = 0; index < operations; index += 1) {
      world.at(world.dice.below(withinMs), () => this.#safely(this.#any()));
    }
    for (const caller of [...CALLERS, 'w1', 'w2', 'w3']) {
      this.#safely(this.#readForEver(caller));
    }
    this.#safely(this.#pullForEver());
  }

  #safely(doing: Promise<unknown>): void {
    doing.catch((error: unknown) => {
      if (error instanceof ErrandError && error.kind.status < 500) {
        this.#ledger.refused(error.code);
      } else if (!(error instanceof Unknown)) {
        this.#ledger.complain('D1', `a client got ${String(error)}`);
      }
    });
  }

  async #any(): Promise<unknown> {
    const { dice } = this.#stage.world;
    const some = this.#known();
    const doing = dice.below(this.#stage.isShared ? 24 : 20);
    if (doing < 10 || some === undefined) {
      return doing === 9 ? this.#batch() : this.#delegate();
    }
    const acting = { ref: { key: some.key, id: some.id }, actor: some.caller };
    switch (doing) {
      case 10:
      case 11:
        this.#ledger.fault('cancel');
        return this.#platform.call(async (line) => cancel(line, acting, 'no longer needed'));
      case 12:
        return this.#platform.call(async (line) => reprioritise(line, acting, dice.pick(PRIORITIES)));
      case 13:
        return this.#again(some);
      case 14:
        return this.#steer();
      case 15:
        return this.#read(some);
      case 16:
        this.#ledger.fault('clock jump');
        this.#stage.world.jump(dice.pick([-20_000, -1000, 1000, 20_000]));
        return undefined;
      case 17:
        return this.#late(some);
      case 18:
        return this.#foreigner();
      default:
        this.#platform.strike();
        return undefined;
    }
  }

  #known(): { key: number; id: string; caller: string } | undefined {
    const known = [...this.#ledger.accepted.values()];
    return known.length === 0 ? undefined : this.#stage.world.dice.pick(known);
  }

  #task(): Task {
    const { dice } = this.#stage.world;
    const callee = dice.chance(0.2) ? PULLING : dice.pick(SERVED);
    this.#counter += 1;
    return {
      callee,
      task: `task ${this.#counter}`,
      priority: dice.pick(PRIORITIES),
      ...(dice.chance(0.3) ? { conversation: dice.pick(['a', 'b']) } : {}),
      ...(dice.chance(0.1) ? { validForMs: 1 + dice.below(5000) } : {}),
      ...(dice.chance(0.1) ? { startAt: this.#stage.world.now() + dice.below(5000) } : {}),
      ...(dice.chance(0.1) ? { deadlineMs: 1000 + dice.below(20_000) } : {}),
      ...(dice.chance(0.1) ? { delivery: 'at_most_once' as const } : {}),
      ...(dice.chance(0.05) ? { supersedes: this.#known()?.id ?? 'none' } : {}),
    };
  }

  /** Until it hears back; the same key each time, if it has one. */
  async #delegate(asking?: Asking, task: Task = this.#task()): Promise<void> {
    const { dice } = this.#stage.world;
    const caller = asking?.caller ?? dice.pick(CALLERS);
    this.#counter += 1;
    const key = `key ${this.#counter}`;
    const from: Asking = asking ?? { caller, actor: caller };
    const keyed = { ...from, idempotencyKey: key };
    for (;;) {
      const before = this.#ledger.versionOf(this.#ledger.byKey.get(key));
      try {
        const { delegation } = await this.#platform.call(async (line) => accept(line, keyed, task));
        this.#ledger.keyed(key, delegation.id);
        this.#accepted(delegation, { before });
        if (!dice.chance(0.1)) {
          return;
        }
        this.#ledger.fault('duplicate submission');
      } catch (error) {
        if (!(error instanceof Unknown)) {
          throw error;
        }
        this.#ledger.fault('submission without an answer');
      }
    }
  }

  async #batch(): Promise<void> {
    const { dice } = this.#stage.world;
    const caller = dice.pick(CALLERS);
    const tasks = Array.from({ length: 1 + dice.below(3) }, () => this.#task());
    this.#counter += 1;
    const asking = { caller, actor: caller, idempotencyKey: `batch ${this.#counter}` };
    const opened = await this.#platform.call(async (line) => acceptBatch(line, asking, tasks));
    for (const delegation of opened.delegations) {
      this.#accepted(delegation, { batch: opened.batch.id });
    }
  }

  #accepted(delegation: Delegation, told: { batch?: string; before?: number } = {}): void {
    const batch = told.batch ?? null;
    const { id, key, caller, callee, conversation, deadlineAt } = delegation;
    this.#ledger.accepted.set(id, { id, key, caller, callee, conversation, batch, deadlineAt, cancelled: false });
    this.#ledger.saw(id, delegation.version, told.before ?? 0);
  }

  /** An agent that works on something delegates a part of it, with the token of its attempt. */
  #delegateOn(assignment: Assignment): void {
    const { dice } = this.#stage.world;
    if (!this.#stage.healed && dice.chance(0.2)) {
      const callee = assignment.callee.id;
      const asking: Asking = { caller: callee, actor: callee, parent: assignment.key };
      this.#safely(this.#delegate(asking, { ...this.#task(), task: `part of ${assignment.id}` }));
    }
  }

  async #again(some: { id: string; caller: string }): Promise<void> {
    const old = await this.#platform.call(async (line) => line.engine.delegation({ id: some.id }));
    if (old !== undefined && old.settledAt !== null) {
      this.#counter += 1;
      const asking = { caller: old.caller, actor: old.caller, idempotencyKey: `retry ${this.#counter}` };
      const { delegation } = await this.#platform.call(async (line) => retry(line, asking, old));
      this.#accepted(delegation);
    }
  }

  async #steer(): Promise<void> {
    const { dice } = this.#stage.world;
    const id = dice.pick(['w1', 'w2', 'w3']);
    if (dice.chance(0.5)) {
      this.#ledger.fault('capacity changed');
      this.#oracle.shrinks(id);
      const profile = { capacity: 1 + dice.below(3) };
      await this.#record((line) => line.recorder.record({ type: 'change', id, actor: 'operator', profile }));
      return;
    }
    this.#ledger.fault('callee paused');
    await this.#record((line) => line.recorder.record({ type: 'pause', id, actor: 'operator' }));
    await this.#stage.world.sleep(dice.below(5000));
    await this.#record((line) => line.recorder.record({ type: 'resume', id, actor: 'operator' }));
  }

  /** An operator that tries until it is done. */
  async #record(doing: (line: Line) => Promise<Answer>): Promise<void> {
    for (;;) {
      try {
        if ((await this.#platform.call(doing)).kind !== 'fault') {
          return;
        }
        await this.#stage.world.sleep(200);
      } catch (error) {
        if (!(error instanceof Unknown)) {
          throw error;
        }
      }
    }
  }

  /** Where one platform may not answer, another one is asked. */
  async #surely(verb: (line: Line) => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await this.#platform.call(verb);
        return;
      } catch (error) {
        if (!(error instanceof Unknown && this.#stage.isShared)) {
          throw error;
        }
      }
    }
  }

  async resumeAll(): Promise<void> {
    if (this.#stage.isShared) {
      // A pause that was left behind at a platform that stood still is carried out before.
      await this.#stage.world.sleep(1000);
    }
    for (const id of ['w1', 'w2', 'w3']) {
      await this.#record((line) => line.recorder.record({ type: 'resume', id, actor: 'operator' }));
    }
  }

  async #read(some: { key: number; id: string; caller: string }): Promise<void> {
    const before = this.#ledger.versionOf(some.id);
    const found = await this.#platform.call(async (line) => line.engine.delegation({ id: some.id }));
    if (found === undefined) {
      this.#ledger.complain('D1', `${some.id} cannot be found`);
      return;
    }
    this.#ledger.saw(some.id, found.version, before);
    if (found.settledAt !== null && this.#stage.world.dice.chance(0.3)) {
      this.#ledger.fault('result read before it was told');
      const reader = { workspace: found.caller, actor: found.caller };
      // Before it is sure: if the platform dies now, it may have counted as told or not.
      this.#ledger.acknowledged.add(found.id);
      await this.#platform.call(async (line) => collect(line, found, reader));
    }
  }

  /** Somebody who lost the work long ago comes with a result. */
  async #late(some: { key: number; id: string }): Promise<void> {
    const found = await this.#platform.call(async (line) => line.engine.delegation({ id: some.id }));
    if (found === undefined || found.epoch < 2) {
      return;
    }
    this.#ledger.fault('late answer');
    const working = { ref: { key: found.key, id: found.id }, epoch: found.epoch - 1, actor: found.callee };
    try {
      await this.#platform.call(async (line) => complete(line, working, { text: TOO_LATE }));
      this.#ledger.complain('D6', `${found.id} took an answer of epoch ${found.epoch - 1}`);
    } catch (error) {
      if (!(error instanceof ErrandError || error instanceof Unknown)) {
        throw error;
      }
    }
  }

  /** D13: what is not of its organisation is not there for it. */
  async #foreigner(): Promise<void> {
    try {
      const asking = { caller: 'stranger', actor: 'stranger' };
      await this.#platform.call(async (line) => accept(line, asking, { callee: 'w1', task: 'let me in' }));
      this.#ledger.complain('D13', 'a stranger delegated into another organisation');
    } catch (error) {
      if (error instanceof ErrandError && error.code !== 'not_found') {
        this.#ledger.complain('D13', `a stranger learned ${error.code}`);
      }
    }
  }

  async #readForEver(caller: string): Promise<void> {
    const { world } = this.#stage;
    for (;;) {
      try {
        const reading = { workspace: caller, most: 5, waitMs: 10_000 };
        const notices = await this.#platform.call(async (line) => readInbox(line, reading));
        if (notices.length > 0 && !this.#stage.healed && world.dice.chance(0.1)) {
          this.#ledger.fault('reader that forgets to acknowledge');
        } else if (notices.length > 0) {
          await this.#tell(caller, notices);
        }
        await world.sleep(1 + world.dice.below(this.#stage.healed ? 50 : 1000));
      } catch (error) {
        if (!(error instanceof Unknown)) {
          throw error;
        }
        this.#ledger.fault('reader cut off');
      }
    }
  }

  async #tell(caller: string, notices: Notice[]): Promise<void> {
    for (const notice of notices) {
      await this.#note(caller, notice);
    }
    const ids = notices.map(({ id }) => id);
    const said = { workspace: caller, ids, actor: caller };
    const count = await this.#platform.call(async (line) => acknowledgeNotices(line, said));
    if (count !== ids.length) {
      this.#ledger.complain('D7', `${ids.length} acknowledged, ${count} counted`);
    }
    for (const id of ids) {
      this.#ledger.acknowledged.add(id);
    }
  }

  async #note(caller: string, notice: Notice): Promise<void> {
    if (this.#ledger.acknowledged.has(notice.id)) {
      this.#ledger.complain('D7', `${notice.id} was told again after it was acknowledged`);
    }
    const key = notice.delegation;
    if (key === null) {
      return;
    }
    const about = await this.#platform.call(async (line) => line.engine.delegation({ key }));
    if (about === undefined || about.caller !== caller) {
      this.#ledger.complain('D7', `${notice.id} tells ${caller} of what is not its own`);
      return;
    }
    if (notice.kind === 'settled') {
      const known = this.#ledger.notices.get(about.id) ?? new Set<string>();
      this.#ledger.notices.set(about.id, known.add(notice.id));
    } else if (about.status === 'input_required') {
      const acting = { ref: { key: about.key, id: about.id }, actor: caller };
      this.#safely(this.#surely(async (line) => answer(line, acting, 'the answer')));
    }
  }

  /** An agent that fetches, and now and then goes away with what it fetched. */
  async #pullForEver(): Promise<void> {
    const { world } = this.#stage;
    for (;;) {
      try {
        const fetch = { callee: PULLING, most: 2, waitMs: 5000 };
        const fetched = await this.#platform.call(async (line) => fetchAssignments(line, fetch));
        for (const assignment of fetched) {
          this.#safely(this.#pulled(assignment));
        }
        await world.sleep(50);
      } catch (error) {
        if (!(error instanceof Unknown)) {
          throw error;
        }
      }
    }
  }

  async #pulled(assignment: Assignment): Promise<void> {
    const { world } = this.#stage;
    const working = { ref: { key: assignment.key, id: assignment.id }, epoch: assignment.epoch, actor: PULLING };
    const execution = this.#ledger.execute(assignment.id);
    const vanishes = !this.#stage.healed && world.dice.chance(0.2);
    await world.sleep(vanishes ? 15_000 : world.dice.below(3000));
    if (vanishes) {
      this.#ledger.fault('agent that vanished');
    } else {
      await this.#platform.call(async (line) => renew(line, working));
    }
    execution.answers.add(answerTo(assignment.id));
    await this.#platform.call(async (line) => complete(line, working, { text: answerTo(assignment.id) }));
  }
}
