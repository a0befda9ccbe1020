/**
 * The completion queue: what waits to be told, handed out under a lease, and gone only when somebody says that it was
 * told, or that it shall not be.
 *
 * It is the inbox of the line (D7), nothing beside it: an event is made from what is kept at the moment of handing it
 * out, so it cannot be lost here, and whoever waited for a unit has taken its event from here with that.
 */
import { isSettled } from '../../core/delegation/index.ts';
import type { Notice, Timer } from '../../core/ports/index.ts';
import { waitFor } from '../../events/index.ts';
import { acknowledgeNotices, readInbox, renewNotices } from '../../flow/index.ts';
import { ORG, seatOfSession, sessionOfSeat, type House } from '../house.ts';
import { eventOf } from './event.ts';
import type { AsyncDelegationEvent, Claim, CompletionQueue } from './hermes.ts';
import { DROPPED, isUnit } from './records.ts';
import { sessionOf } from './unit.ts';

export interface Claims {
  leaseMs: number;
  attemptsMax: number;
  ageMs: number;
}

interface Asked {
  session_key?: string;
  most?: number;
}

type Awaiting = Omit<Asked, 'most'> & { timeout_seconds?: number; signal?: AbortSignal };

const MOST = 50;
const PAGE = 500;
const MS = 1000;
const DAY_MS = 86_400_000;

export class Completions implements CompletionQueue {
  readonly #house: House;
  readonly #claims: Claims;
  /** Those who wait for the next one: they hear when one is given back. */
  readonly #waiting = new Set<() => void>();

  constructor(house: House, claims: Claims) {
    this.#house = house;
    this.#claims = claims;
  }

  async claim({ session_key, most = MOST }: Asked = {}): Promise<readonly Claim[]> {
    const seats = await this.#seatsOf(session_key);
    const claims: Claim[] = [];
    for (const seat of seats) {
      if (claims.length < most) {
        claims.push(...(await this.#claimOf(seat, most - claims.length)));
      }
    }
    return claims;
  }

  async get({ timeout_seconds, signal, ...asked }: Awaiting = {}): Promise<Claim | undefined> {
    const { line, closing } = this.#house;
    let timer: Timer | undefined;
    let wake = (): void => {};
    return waitFor({
      clock: line.clock,
      waitMs: timeout_seconds === undefined ? DAY_MS : timeout_seconds * MS,
      signal: signal === undefined ? closing : AbortSignal.any([closing, signal]),
      subscribe: (call) => {
        wake = call;
        this.#waiting.add(call);
        const leave = line.hub.onAll(({ type }) => void (type === 'delegation.settled' && call()));
        return () => {
          leave();
          timer?.cancel();
          this.#waiting.delete(call);
        };
      },
      look: async () => {
        const [claim] = await this.claim({ ...asked, most: 1 });
        timer?.cancel();
        const freeAt = claim === undefined ? await this.#freeAt(asked) : Infinity;
        timer = freeAt === Infinity ? undefined : line.clock.after(Math.max(0, freeAt - line.clock.now()), wake);
        return claim;
      },
    });
  }

  async complete(claim: Claim): Promise<boolean> {
    return this.#acknowledge(claim, (seat) => seat);
  }

  async drop(claim: Claim, reason: string): Promise<boolean> {
    return this.#acknowledge(claim, () => `${DROPPED}${reason}`);
  }

  async release(claim: Claim): Promise<boolean> {
    return this.#renew(claim, 0);
  }

  async defer(claim: Claim, seconds: number): Promise<boolean> {
    return this.#renew(claim, Math.max(0, seconds * MS));
  }

  async drain(handler: (event: AsyncDelegationEvent) => unknown, asked: Asked = {}): Promise<number> {
    let delivered = 0;
    for (const claim of await this.claim(asked)) {
      try {
        await handler(claim.event);
        delivered += Number(await this.complete(claim));
      } catch (error) {
        this.#house.line.onFault(error);
        await this.release(claim);
      }
    }
    return delivered;
  }

  async #claimOf(seat: string, most: number): Promise<Claim[]> {
    const { line, sessions } = this.#house;
    await sessions.takeBack(seat);
    const notices = await readInbox(line, { workspace: seat, most, waitMs: 0 });
    const claims: Claim[] = [];
    for (const notice of notices) {
      const claim = await this.#claimed(notice);
      if (claim !== undefined) {
        claims.push(claim);
      }
    }
    const ids = claims.map(({ claim_id }) => noticeOf(claim_id));
    if (ids.length > 0) {
      await renewNotices(line, { workspace: seat, ids, leaseMs: this.#claims.leaseMs });
    }
    return claims;
  }

  /** What was tried too often, or is told of too late, is told no more; what came of it stays. */
  async #claimed({ id, workspace, delegation, deliveries, createdAt }: Notice): Promise<Claim | undefined> {
    const { line } = this.#house;
    const { leaseMs, attemptsMax, ageMs } = this.#claims;
    const row = await line.engine.delegation({ key: delegation ?? -1 });
    const why = [
      row === undefined || !isSettled(row.status) || !isUnit(row) ? 'nothing of this queue' : '',
      deliveries > attemptsMax ? 'attempts' : '',
      line.clock.now() - createdAt > ageMs ? 'age' : '',
    ].find((one) => one !== '');
    if (row === undefined || why !== undefined) {
      await acknowledgeNotices(line, { workspace, ids: [id], actor: `${DROPPED}${why}` });
      return undefined;
    }
    return {
      claim_id: claimOf(id, deliveries),
      event: await eventOf(this.#house, row),
      attempts: deliveries,
      lease_seconds: leaseMs / MS,
    };
  }

  async #acknowledge(claim: Claim, actor: (seat: string) => string): Promise<boolean> {
    const seat = await this.#seatOf(claim);
    if (seat === undefined) {
      return false;
    }
    const said = { workspace: seat, ids: [noticeOf(claim.claim_id)], actor: actor(seat) };
    return (await acknowledgeNotices(this.#house.line, said)) === 1;
  }

  async #renew(claim: Claim, leaseMs: number): Promise<boolean> {
    const workspace = await this.#seatOf(claim);
    if (workspace === undefined) {
      return false;
    }
    const ids = [noticeOf(claim.claim_id)];
    const renewed = await renewNotices(this.#house.line, { workspace, ids, leaseMs });
    for (const wake of this.#waiting) {
      wake();
    }
    return renewed.length === 1;
  }

  /** When the first of those that somebody holds, or has put off, can be handed out again. */
  async #freeAt({ session_key }: Asked): Promise<number> {
    const held = await Promise.all(
      (await this.#seatsOf(session_key)).map(async (seat) => this.#house.line.engine.unacknowledged(seat, PAGE)),
    );
    return Math.min(Infinity, ...held.flat().map(({ leasedUntil }) => leasedUntil ?? Infinity));
  }

  /** Undefined where it was acknowledged, given back, or handed to somebody else meanwhile. */
  async #seatOf({ claim_id, event }: Claim): Promise<string | undefined> {
    const { line } = this.#house;
    const seat = seatOfSession(sessionOf(event.session_key));
    const held = (await line.engine.unacknowledged(seat, PAGE)).find(({ id }) => id === noticeOf(claim_id));
    const isMine = held !== undefined && claimOf(held.id, held.deliveries) === claim_id;
    return isMine && (held.leasedUntil ?? 0) > line.clock.now() ? seat : undefined;
  }

  /** Of this session, or of all that are open. */
  async #seatsOf(session_key: string | undefined): Promise<string[]> {
    if (session_key !== undefined) {
      return [seatOfSession(sessionOf(session_key))];
    }
    const seats: string[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: { id: string; state: string }[] = await this.#house.line.engine.workspaces({
        org: ORG,
        after,
        limit: PAGE,
      });
      seats.push(
        ...page.filter(({ id, state }) => state !== 'removed' && sessionOfSeat(id) !== undefined).map(({ id }) => id),
      );
      after = page.length === PAGE ? page.at(-1)?.id : undefined;
    }
    return seats;
  }
}

/** A claim is of one handing out: the next one of the same notice is another. */
function claimOf(notice: string, deliveries: number): string {
  return `${notice}#${deliveries}`;
}

function noticeOf(claim: string): string {
  return claim.slice(0, claim.indexOf('#'));
}
