/**
 * The sessions of this process: each is a seat that delegates, made when it first does, and has a host that is busy or
 * idle. A closed one delegates no more; what ends of it goes to the orphans.
 */
import { setMaxListeners } from 'node:events';
import { ErrandError } from '../core/error.ts';
import { blankProfile, type Workspace } from '../core/workspace/index.ts';
import { failureOf, renewNotices, type Line } from '../flow/index.ts';
import { ORG, seatOfSession, sessionOfSeat } from './house.ts';
import { requireField, SESSION } from './wrong.ts';

const PAGE = 1000;

export class Sessions {
  readonly #line: Line;
  /** The seat of each, as one text: rows keep it. */
  readonly #known = new Map<string, string>();
  readonly #closed = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #enrolling = new Map<string, Promise<void>>();
  readonly #takenBack = new Map<string, Promise<void>>();
  readonly #ends = new Map<string, AbortController>();
  readonly #listeners = new Set<() => void>();

  constructor(line: Line) {
    this.#line = line;
  }

  /** Those that the store knows from before. */
  async load(): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: Awaited<ReturnType<Line['engine']['workspaces']>> = await this.#line.engine.workspaces({
        org: ORG,
        after,
        limit: PAGE,
      });
      for (const { id, state } of page) {
        const session = sessionOfSeat(id);
        if (session !== undefined) {
          if (state === 'removed') {
            this.#closed.add(session);
          } else {
            this.#known.set(session, id);
          }
        }
      }
      after = page.length === PAGE ? page.at(-1)?.id : undefined;
    }
  }

  get closed(): readonly string[] {
    return [...this.#closed];
  }

  isClosed(session: string): boolean {
    return this.#closed.has(session);
  }

  /** What an earlier process had in hand comes again; once per seat, before anybody here has something of it in hand. */
  async takeBack(seat: string): Promise<void> {
    const taken = this.#takenBack.get(seat) ?? this.#takeBack(seat);
    this.#takenBack.set(seat, taken);
    try {
      await taken;
    } catch (error) {
      if (this.#takenBack.get(seat) === taken) {
        this.#takenBack.delete(seat);
      }
      throw error;
    }
  }

  /** Answers with its seat; the commit that makes it goes before whatever is said in its name. */
  seatOf(session: string): string {
    if (this.#closed.has(session)) {
      throw new ErrandError({ code: 'not_now', message: `The session ${session} is closed; give it another name.` });
    }
    return this.#known.get(session) ?? this.#begin(session);
  }

  #begin(session: string): string {
    requireField('session', session, SESSION);
    const seat = seatOfSession(session);
    this.#known.set(session, seat);
    this.#enrolling.set(session, this.#enrol(session, seat));
    return seat;
  }

  /** The seat itself, as it is kept. */
  async seatIn(session: string): Promise<Workspace> {
    const id = this.seatOf(session);
    await this.#enrolling.get(session);
    const seat = await this.#line.engine.workspace(id);
    if (seat === undefined) {
      throw new ErrandError({ code: 'unavailable', message: `The session ${session} could not be kept.` });
    }
    return seat;
  }

  /** Once; whoever says it again has what he wants. */
  async close(session: string): Promise<void> {
    if (this.#closed.has(session)) {
      return;
    }
    const seat = this.seatOf(session);
    this.#known.delete(session);
    this.#closed.add(session);
    const answer = await this.#line.recorder.record({ type: 'remove', id: seat, actor: 'host' });
    if (answer.kind !== 'workspace') {
      this.#closed.delete(session);
      throw failureOf(answer);
    }
    this.#ends.get(session)?.abort();
    this.#ends.delete(session);
    this.#tell();
  }

  /** Aborted once it is closed: what comes after that is not for its host. */
  endOf(session: string): AbortSignal {
    if (this.#closed.has(session)) {
      return AbortSignal.abort();
    }
    const end = this.#ends.get(session) ?? new AbortController();
    // Its host may listen as often as it likes.
    setMaxListeners(0, end.signal);
    this.#ends.set(session, end);
    return end.signal;
  }

  busy(session: string): void {
    this.#busy.add(session);
  }

  idle(session: string): void {
    this.#busy.delete(session);
    this.#tell();
  }

  /** A closed one has no host any more, whatever it was at last. */
  isBusy(session: string): boolean {
    return this.#busy.has(session) && !this.#closed.has(session);
  }

  /** Calls back when some session became idle or was closed; returns how to leave. */
  onChange(call: () => void): () => void {
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  #tell(): void {
    for (const call of [...this.#listeners]) {
      call();
    }
  }

  async #takeBack(seat: string): Promise<void> {
    const held = await this.#line.engine.unacknowledged(seat, PAGE);
    const ids = held.filter(({ leasedUntil }) => leasedUntil !== null).map(({ id }) => id);
    if (ids.length > 0) {
      await renewNotices(this.#line, { workspace: seat, ids, leaseMs: 0 });
    }
  }

  async #enrol(session: string, seat: string): Promise<void> {
    const profile = blankProfile(session);
    const answer = await this.#line.recorder.record({
      type: 'enrol',
      ...{ id: seat, org: ORG, actor: 'host', person: false, profile },
    });
    this.#enrolling.delete(session);
    if (answer.kind !== 'workspace') {
      // What it delegated is refused with it; the next one tries again.
      this.#known.delete(session);
      this.#line.onFault(failureOf(answer));
    }
  }
}
