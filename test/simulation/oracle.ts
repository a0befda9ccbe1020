/**
 * Judges what a platform did, from the log it wrote, from its rows, and from what clients and peers saw.
 *
 * It knows the rules of docs/spec/delegation.md in its own words and none of the product's code: it follows each
 * delegation event by event, recounts slots, and looks for a free slot beside a ready delegation after every commit.
 */
import { createHash } from 'node:crypto';
import type { Delegation } from '../../src/core/delegation/index.ts';
import type { Engine, Event } from '../../src/core/ports/index.ts';
import type { Entry, Watcher } from './books.ts';
import { BOUNDS } from './bounds.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

interface Followed {
  id: string;
  key: number;
  caller: string;
  callee: string;
  conversation: string | null;
  n: number;
  running: boolean;
  asked: boolean;
  hasAsked: boolean;
  settled: string | null;
  row: string | null;
  started: boolean;
  settledAt: number;
}

/** For whatever waits to be answered by peers that answer within seconds. */
const TIME_ENOUGH_MS = 60_000;

const ENDS = new Set(['completed', 'failed', 'cancelled']);

export class Oracle implements Watcher {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #followed = new Map<number, Followed>();
  readonly #heads = new Map<string, string>();
  #seq = 0;
  #healedAt = 0;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  get unsettled(): number {
    return [...this.#followed.values()].filter(({ settled }) => settled === null).length;
  }

  /** By steady time, when it was committed. */
  settledAt(key: number): number {
    return this.#followed.get(key)?.settledAt ?? Number.NEGATIVE_INFINITY;
  }

  heals(): void {
    this.#healedAt = this.#world.now();
  }

  async onCommits(entries: readonly Entry[], engine: Engine): Promise<void> {
    if (entries.length > 1) {
      this.#ledger.fault('commits that ran into each other');
    }
    for (const event of entries.flatMap(({ commit }) => commit.events)) {
      this.#world.say(`${event.type} ${event.delegationId ?? event.workspace} ${event.n ?? ''}`);
      this.#chain(event);
      await this.#follow(event, engine);
    }
    await this.#bounds(engine, entries);
  }

  /** D12: every line covers the one before it, and none is missing. */
  #chain(event: Event): void {
    const before = this.#heads.get(event.org) ?? '';
    const { seq, type, at, org, workspace, peer, actor, delegationId, n, data, hash } = event;
    const covered = [before, seq, type, at, org, workspace, peer, actor, delegationId, n, JSON.stringify(data)];
    if (createHash('sha256').update(JSON.stringify(covered)).digest('base64url') !== hash) {
      this.#ledger.complain('D12', `the chain breaks at ${event.seq}`);
    }
    if (event.seq !== this.#seq + 1) {
      this.#ledger.complain('D12', `line ${event.seq} follows line ${this.#seq}`);
    }
    this.#seq = event.seq;
    this.#heads.set(event.org, event.hash);
  }

  async #follow(event: Event, engine: Engine): Promise<void> {
    if (event.delegation === null || event.delegationId === null) {
      return;
    }
    const one = this.#followed.get(event.delegation) ?? this.#begin(event);
    if (one === undefined) {
      return;
    }
    if (event.n !== one.n + 1) {
      this.#ledger.complain('D12', `${one.id}: event ${String(event.n)} follows event ${one.n}`);
    }
    one.n = event.n ?? one.n;
    if (one.settled !== null) {
      this.#ledger.complain('D2', `${one.id} is settled and yet ${event.type}`);
    }
    this.#step(one, event);
    if (event.type === 'delegation.accepted') {
      one.conversation = (await engine.delegation({ key: one.key }))?.conversation ?? null;
    }
    if (one.settled !== null) {
      one.row = JSON.stringify(await engine.delegation({ key: one.key }));
    }
  }

  #begin(event: Event): Followed | undefined {
    if (event.type !== 'delegation.accepted' || event.delegation === null) {
      this.#ledger.complain('D4', `${event.type} of a delegation that was never accepted`);
      return undefined;
    }
    const one: Followed = {
      id: event.delegationId ?? '',
      key: event.delegation,
      caller: event.workspace,
      callee: event.peer ?? '',
      conversation: null,
      n: 0,
      running: false,
      asked: false,
      hasAsked: false,
      settled: null,
      row: null,
      started: false,
      settledAt: 0,
    };
    this.#followed.set(one.key, one);
    return one;
  }

  #step(one: Followed, event: Event): void {
    switch (event.type) {
      case 'delegation.dispatched':
        this.#startsInOrder(one);
        one.running = true;
        one.started = true;
        one.asked = false;
        break;
      case 'delegation.asked':
        one.running = false;
        one.asked = true;
        one.hasAsked = true;
        break;
      case 'delegation.returned':
        one.running = false;
        break;
      case 'delegation.settled':
        one.running = false;
        one.asked = false;
        one.settled = String(event.data['status']);
        one.settledAt = this.#world.steady;
        break;
      default:
    }
  }

  /** D8: in a conversation one goes at a time, in the order of acceptance. */
  #startsInOrder(one: Followed): void {
    if (one.running) {
      this.#ledger.complain('D6', `${one.id} is handed over while it is`);
    }
    if (one.conversation === null) {
      return;
    }
    for (const other of this.#followed.values()) {
      const isSameLane =
        other.conversation === one.conversation && other.caller === one.caller && other.callee === one.callee;
      if (isSameLane && other.key < one.key && other.settled === null) {
        this.#ledger.complain('D8', `${one.id} starts before ${other.id} of its conversation has ended`);
      }
    }
  }

  async #bounds(engine: Engine, entries: readonly Entry[]): Promise<void> {
    const running = new Map<string, number>();
    for (const one of this.#followed.values()) {
      if (one.running) {
        running.set(one.callee, (running.get(one.callee) ?? 0) + 1);
      }
    }
    const types = entries.flatMap(({ commands }) => commands.map(({ type }) => type));
    const grew = types.some((type) => type === 'accept' || type === 'claim' || type === 'look');
    for (const seat of await engine.workspaces({ limit: 100 })) {
      const count = running.get(seat.id) ?? 0;
      if (count !== seat.running) {
        this.#ledger.complain('D9', `${seat.id} counts ${seat.running} running where there are ${count}`);
      }
      if (count > seat.capacity && grew && !this.#shrunk.has(seat.id)) {
        this.#ledger.complain('D9', `${count} run at ${seat.id}, which takes ${seat.capacity}`);
      }
      if (seat.queued > BOUNDS.queuePerCalleeMax + seat.capacity + 8) {
        this.#ledger.complain('D9', `${seat.queued} wait at ${seat.id}`);
      }
      await this.#free(engine, seat, count);
    }
  }

  /** Seats whose capacity was lowered under what they ran; they may be above it until those have ended. */
  readonly #shrunk = new Set<string>();

  shrinks(seat: string): void {
    this.#shrunk.add(seat);
  }

  /** D16: a free slot and a ready delegation never coexist after a commit. */
  async #free(engine: Engine, seat: Awaited<ReturnType<Engine['workspaces']>>[number], running: number): Promise<void> {
    const open =
      seat.carrier === 'a2a' &&
      seat.state === 'active' &&
      seat.presence !== 'offline' &&
      seat.holdUntil === null &&
      running < (seat.strikes >= BOUNDS.circuitFailures ? Math.min(1, seat.capacity) : seat.capacity);
    if (!open) {
      return;
    }
    const waiting = await engine.delegations({ callee: seat.id, status: 'queued', limit: 50 });
    const ready = waiting.find((one) => one.ready && one.notBefore === null);
    if (ready !== undefined) {
      this.#ledger.complain('D16', `${ready.id} waits at ${seat.id}, which has a free slot`);
    }
  }

  /** At the end, when all faults have healed and all time has passed. */
  async judge(engine: Engine): Promise<void> {
    for (const one of this.#followed.values()) {
      await this.#judgeOne(engine, one);
    }
    for (const [id, accepted] of this.#ledger.accepted) {
      if ((await engine.delegation({ id })) === undefined) {
        this.#ledger.complain('D1', `${id}, accepted for ${accepted.caller}, is gone`);
      }
    }
    for (const id of this.#ledger.executions.keys()) {
      if ((await engine.delegation({ id })) === undefined) {
        this.#ledger.complain('D4', `a peer worked on ${id}, which was never accepted`);
      }
    }
    this.#judgeDeliveries();
    const { live, queued, running, undelivered } = await engine.counts();
    if (live + queued + running > 0) {
      this.#ledger.complain('D11', `left over: ${live} live, ${queued} queued, ${running} running`);
    }
    if (undelivered > 0) {
      this.#ledger.complain('D7', `${undelivered} notices were never told`);
    }
  }

  /** D10: what is over is under way nowhere: every delivery that had no answer was told to let go. */
  #judgeDeliveries(): void {
    for (const { id, epoch, signal, life } of this.#ledger.deliveries) {
      if (life.alive && !signal.aborted) {
        this.#ledger.complain('D10', `the delivery of ${id} under epoch ${epoch} was never told that it is over`);
      }
    }
  }

  async #judgeOne(engine: Engine, one: Followed): Promise<void> {
    const row = await engine.delegation({ key: one.key });
    if (row === undefined) {
      this.#ledger.complain('D1', `${one.id} is gone`);
      return;
    }
    if (!ENDS.has(row.status)) {
      this.#ledger.complain('D11', `${one.id} is still ${row.status}`);
      return;
    }
    if (one.row !== JSON.stringify(row)) {
      this.#ledger.complain('D3', `${one.id} changed after its ending`);
    }
    if (row.status === 'completed') {
      await this.#judgeResult(engine, one, row.resultSha256);
    }
    if (row.status === 'failed' && row.reason === 'callee_failed' && row.origin !== 'self') {
      const failures = this.#ledger.executions.get(one.id)?.failures ?? 0;
      if (failures === 0) {
        this.#ledger.complain('D10', `${one.id} failed by its callee, which never failed`);
      }
    }
    this.#judgeOnce(one, row);
    if (row.reason === 'deadline_exceeded' && row.deadlineAt > this.#healedAt + TIME_ENOUGH_MS) {
      this.#ledger.complain('D11', `${one.id} was left to its deadline though everything had healed`);
    }
    this.#judgeNotice(one, row.batch);
  }

  /** C2: without a name for the work at the callee, and without a question of it, a second sending may be a second run. */
  #judgeOnce(one: Followed, { delivery, detail }: Delegation): void {
    const count = this.#ledger.executions.get(one.id)?.count ?? 0;
    if (delivery === 'at_most_once' && detail.remoteTask === undefined && !one.hasAsked && count > 1) {
      this.#ledger.complain('C2', `${one.id} was to run once at most and was worked on ${count} times`);
    }
  }

  /** D5: what the caller reads is what a peer said, byte for byte. */
  async #judgeResult(engine: Engine, one: Followed, hash: string | null): Promise<void> {
    const text = (await engine.result(one.key))?.text ?? '';
    const said = this.#ledger.executions.get(one.id)?.answers;
    if (said === undefined || !said.has(text)) {
      this.#ledger.complain('D5', `${one.id} has a result that no peer gave`);
    }
    if (createHash('sha256').update(text).digest('hex') !== hash) {
      this.#ledger.complain('D5', `${one.id} has another hash than its result`);
    }
  }

  #judgeNotice(one: Followed, batch: number | null): void {
    const told = this.#ledger.notices.get(one.id)?.size ?? 0;
    const collected = this.#ledger.acknowledged.has(one.id);
    if (batch === null && told !== 1 && !collected) {
      this.#ledger.complain('D7', `${one.id} was told by ${told} notices`);
    }
  }
}
