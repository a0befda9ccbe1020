/**
 * The completion queue: what waits to be told, handed out under a lease, and gone only when somebody says that it was
 * told, or that it shall not be.
 *
 * It is the inbox of the line (D7), nothing beside it: an event is made from what is kept at the moment of handing it
 * out, so it cannot be lost here, and whoever waited for a unit has taken its event from here with that.
 */
import { isSettled } from '../../core/delegation/index.ts';
import type { Notice } from '../../core/ports/index.ts';
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

const MOST = 50;
const PAGE = 500;
const MS = 1000;
const DAY_MS = 86_400_000;

export class Completions implements CompletionQueue {
  readonly #house: House;
  readonly #claims: Claims;

  constructor(house: House, claims: Claims) {
    this.#house = house;
    this.#claims = claims;
  }

  async claim({ session_key, most = MOST }: Asked = {}): Promise<readonly Claim[]> {
    const seats = session_key === undefined ? await this.#seats() : [seatOfSession(sessionOf(session_key))];
    const claims: Claim[] = [];
    for (const seat of seats) {
      if (claims.length < most) {
        claims.push(...(await this.#claimOf(seat, most - claims.length)));
      }
    }
    return claims;
  }

  async get({
    timeout_seconds,
    signal,
    ...asked
  }: { session_key?: string; timeout_seconds?: number; signal?: AbortSignal } = {}): Promise<Claim | undefined> {
    const { line, closing } = this.#house;
    return waitFor({
      clock: line.clock,
      waitMs: timeout_seconds === undefined ? DAY_MS : timeout_seconds * MS,
      signal: signal === undefined ? closing : AbortSignal.any([closing, signal]),
      subscribe: (wake) => line.hub.onAll(({ type }) => void (type === 'delegation.settled' && wake())),
      look: async () => (await this.claim({ ...asked, most: 1 })).at(0),
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
    return (await renewNotices(this.#house.line, { workspace, ids, leaseMs })).length === 1;
  }

  /** Undefined where it was acknowledged, given back, or handed to somebody else meanwhile. */
  async #seatOf({ claim_id, event }: Claim): Promise<string | undefined> {
    const { line } = this.#house;
    const seat = seatOfSession(sessionOf(event.session_key));
    const held = (await line.engine.unacknowledged(seat, PAGE)).find(({ id }) => id === noticeOf(claim_id));
    const isMine = held !== undefined && claimOf(held.id, held.deliveries) === claim_id;
    return isMine && (held.leasedUntil ?? 0) > line.clock.now() ? seat : undefined;
  }

  /** Of the sessions that are open. */
  async #seats(): Promise<string[]> {
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
