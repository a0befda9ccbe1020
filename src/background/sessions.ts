/**
 * The sessions of this process: each is a seat that delegates, made when it first does, and has a host that is busy or
 * idle. A closed one delegates no more; what ends of it goes to the orphans.
 */
import { ErrandError } from '../core/error.ts';
import { blankProfile, type Workspace } from '../core/workspace/index.ts';
import { failureOf, renewNotices, type Line } from '../flow/index.ts';
import { ORG, seatOfSession, sessionOfSeat } from './house.ts';

const NAME_CHARACTERS = 180;
const PAGE = 1000;

export class Sessions {
  readonly #line: Line;
  readonly #known = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #enrolling = new Map<string, Promise<void>>();
  readonly #takenBack = new Map<string, Promise<void>>();
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
          (state === 'removed' ? this.#closed : this.#known).add(session);
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
    const seat = seatOfSession(session);
    if (!this.#known.has(session)) {
      if (session === '' || session.length > NAME_CHARACTERS || !session.isWellFormed()) {
        const message = `session: a name of 1 to ${NAME_CHARACTERS} characters.`;
        throw new ErrandError({ code: 'invalid_request', message });
      }
      this.#known.add(session);
      this.#enrolling.set(session, this.#enrol(session, seat));
    }
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

  async close(session: string): Promise<void> {
    const seat = this.seatOf(session);
    this.#known.delete(session);
    this.#closed.add(session);
    const answer = await this.#line.recorder.record({ type: 'remove', id: seat, actor: 'host' });
    if (answer.kind !== 'workspace') {
      this.#closed.delete(session);
      throw failureOf(answer);
    }
    this.#tell();
  }

  busy(session: string): void {
    this.#busy.add(session);
  }

  idle(session: string): void {
    this.#busy.delete(session);
    this.#tell();
  }

  isBusy(session: string): boolean {
    return this.#busy.has(session);
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
