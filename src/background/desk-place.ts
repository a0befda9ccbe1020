/**
 * Where one sits at a desk: in whose name it delegates, and what it sees. A session sees what it has delegated itself,
 * a function at work the children of this one run; everything else is not there.
 *
 * By the run in which something is asked, and not by what anybody claims, as with delegating itself.
 */
import type { Delegation, Status } from '../core/delegation/index.ts';
import { keyOf } from '../core/ports/index.ts';
import { refusedAt } from './desk-refusal.ts';
import { seatOfSession, type House } from './house.ts';
import type { Run } from './run.ts';
import type { DeskError } from '../tools/index.ts';

export interface Sought {
  limit: number;
  batch: string | undefined;
  status: Status | undefined;
}

export class Place {
  readonly house: House;
  readonly #session: string;

  constructor(house: House, session: string) {
    this.house = house;
    this.#session = session;
  }

  get run(): Run | undefined {
    return this.house.running.current;
  }

  get session(): string {
    return this.run?.session ?? this.#session;
  }

  /** In whose name it delegates. */
  get seat(): string {
    return this.run?.workspace ?? seatOfSession(this.#session);
  }

  get name(): string {
    return this.run?.name ?? this.#session;
  }

  get actor(): string {
    return this.run?.id ?? this.seat;
  }

  async find(id: string): Promise<Delegation | undefined> {
    const row = await this.house.line.engine.delegation({ id });
    return row !== undefined && row.id === id && this.#sees(row) ? row : undefined;
  }

  async required(id: string): Promise<Delegation> {
    const row = await this.find(id);
    if (row === undefined) {
      throw this.missing('task', id);
    }
    return row;
  }

  missing(what: 'task' | 'batch', id: string): DeskError {
    return refusedAt('not_found', `There is no ${what} ${id}.`, 'check_task_status() without a task_id lists yours.');
  }

  /** Undefined for one of somebody else. */
  async batch(id: string) {
    const { engine } = this.house.line;
    const batch = await engine.batch(keyOf('bat', id) ?? -1);
    if (batch?.id !== id) {
      return undefined;
    }
    const [one] = await engine.delegations({ batch: batch.key, limit: 1 });
    return one !== undefined && this.#sees(one) ? batch : undefined;
  }

  /** The newest first. */
  async list({ limit, batch, status }: Sought): Promise<readonly Delegation[]> {
    const { engine } = this.house.line;
    const of = batch === undefined ? undefined : await this.batch(batch);
    if (batch !== undefined && of === undefined) {
      return [];
    }
    if (this.run === undefined) {
      return engine.delegations({
        ...{ caller: this.seat, limit },
        ...(of === undefined ? {} : { batch: of.key }),
        ...(status === undefined ? {} : { status }),
      });
    }
    const children = (await engine.children(this.run.key)).toSorted((left, right) => right.key - left.key);
    return children
      .filter((one) => (of === undefined || one.batch === of.key) && (status === undefined || one.status === status))
      .slice(0, limit);
  }

  #sees({ caller, parent }: Delegation): boolean {
    return caller === this.seat && (this.run === undefined || parent === this.run.key);
  }
}
