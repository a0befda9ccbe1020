/**
 * One process after another over the same tables: each opens what the one before it left, however that one ended.
 */
import { doorOf } from '../../../src/background/door.ts';
import { HERE, INLINE, type House } from '../../../src/background/house.ts';
import type { Background, ShutdownReport } from '../../../src/background/index.ts';
import { houseIn } from '../../../src/background/open.ts';
import { ErrandError } from '../../../src/core/error.ts';
import type { Commit, Engine } from '../../../src/core/ports/index.ts';
import { judgeBudgets } from './budgets.ts';
import { calleesOf } from './functions.ts';
import { peerCarrier } from './peer.ts';
import { withOwnSlots } from './plan.ts';
import { expectedIn, judgeLeftovers, judgeReport } from './report.ts';
import type { Stage } from './stage.ts';
import { Tenure } from './tenure.ts';

const DOWN_MS = 3000;

export class Lives {
  readonly #stage: Stage;
  readonly #onOpen: (tenure: Tenure, door: Background) => void;
  #tenure: Tenure | undefined;
  #lives = 0;
  #downSince: number | undefined = 0;
  /** Shut down, and nobody comes after it. */
  isOver = false;

  constructor(stage: Stage, onOpen: (tenure: Tenure, door: Background) => void) {
    this.#stage = stage;
    this.#onOpen = onOpen;
  }

  /** The one that is open; undefined while none is. */
  get open(): { tenure: Tenure; door: Background; house: House } | undefined {
    const { door, house, isClosing = true } = this.#tenure ?? {};
    return this.#tenure === undefined || door === undefined || house === undefined || isClosing || !this.#tenure.isAlive
      ? undefined
      : { tenure: this.#tenure, door, house };
  }

  async start(): Promise<void> {
    const { world, ids, store, bounds, planted, ledger } = this.#stage;
    const tenure = new Tenure(this.#stage, (this.#lives += 1), (dead) => this.#died(dead));
    this.#tenure = tenure;
    world.say(`process ${tenure.number} opens`);
    this.#expectCapacities();
    try {
      const { house, closing } = await houseIn(
        {
          clock: tenure.clock,
          ids,
          engine: async ({ clock, settings, owner }) => {
            tenure.owner = owner;
            const engine = await store.open({ clock, ids, limits: settings.limits, owner });
            await this.#compare(engine);
            tenure.onCommit = async (commit) => this.#looked(engine, commit);
            return tenure.seen(engine);
          },
          carriers: async () => ({ a2a: peerCarrier(this.#stage, tenure) }),
        },
        { ...bounds.opening, workspaces: calleesOf(this.#stage, tenure), onFault: (fault) => this.#fault(fault) },
      );
      planted?.house?.(house);
      tenure.house = house;
      tenure.door = doorOf(house, closing);
    } catch (error) {
      world.say(`cannot open: ${String(error)}`);
      if (!(error instanceof ErrandError)) {
        ledger.complain('no fault', `cannot open: ${String(error)}`);
      }
      tenure.die('cannot open');
      return;
    }
    this.#certain();
    this.#upAgain();
    this.#onOpen(tenure, tenure.door);
  }

  strike(): void {
    this.#tenure?.die('crash at any moment');
  }

  /** In good order; what it left behind is looked for, and then another one opens. */
  async shutdown(mode: ShutdownReport['mode'], goesOn: boolean): Promise<void> {
    const open = this.open;
    if (open === undefined) {
      return;
    }
    const { tenure, door, house } = open;
    const { ledger, world, dice } = this.#stage;
    world.say(`process ${tenure.number} shuts down: ${mode}`);
    ledger.fault(`shutdown ${mode}`);
    tenure.isClosing = true;
    const deadlineMs = dice.below(dice.pick([8000, 40_000]));
    const expected = expectedIn(this.#stage);
    const since = world.steady;
    const closed = door.shutdown({ mode, deadlineMs });
    await Promise.all([closed, door.shutdown({ mode: 'keep' })]);
    world.say(`process ${tenure.number} is shut down`);
    this.#stage.store.closed(tenure.owner);
    const closing = { mode, deadlineMs, since, expected, isHealthy: !tenure.wasAway };
    judgeReport(this.#stage, await closed, closing);
    // What was told to stop at the very end has a moment to do so, and more of it where the store was away.
    await world.sleep(tenure.wasAway ? 6000 : 50);
    judgeLeftovers(this.#stage, tenure, house);
    this.#downSince = world.steady;
    this.isOver = !goesOn;
    if (goesOn) {
      await world.sleep(dice.below(DOWN_MS));
      await this.start();
    }
  }

  #expectCapacities(): void {
    const { capacities, bounds } = this.#stage;
    capacities.change(HERE, bounds.opening.capacity ?? 1);
    capacities.change(INLINE, bounds.opening.inline ?? 1);
    for (const name of withOwnSlots()) {
      capacities.change(`at:${name}`, bounds.own);
    }
  }

  #certain(): void {
    const { capacities, bounds } = this.#stage;
    capacities.set(HERE, bounds.opening.capacity ?? 1);
    capacities.set(INLINE, bounds.opening.inline ?? 1);
    for (const name of withOwnSlots()) {
      capacities.set(`at:${name}`, bounds.own);
    }
  }

  #died(dead: Tenure): void {
    const { ledger, world, dice, store } = this.#stage;
    for (const id of dead.waits.keys()) {
      const entry = ledger.byId.get(id);
      if (entry !== undefined) {
        entry.isPerhapsTaken = true;
      }
    }
    store.dies(dead.owner);
    this.#downSince = world.steady;
    if (dice.chance(0.3)) {
      this.jump();
    }
    world.at(dice.below(DOWN_MS), () => void this.start());
  }

  /** The time of day is not what it was. */
  jump(): void {
    const { ledger, world, dice, isHealed } = this.#stage;
    if (!isHealed) {
      const ms = dice.below(20_000) - 10_000;
      ledger.fault(ms < 0 ? 'clock set back' : 'clock set forward');
      ledger.excused += Math.max(0, -ms);
      ledger.setBack += ms < 0 ? 1 : 0;
      world.jump(ms);
    }
  }

  #upAgain(): void {
    const { ledger, world } = this.#stage;
    ledger.excused += world.steady - (this.#downSince ?? world.steady);
    this.#downSince = undefined;
  }

  /** What was written is there. */
  async #compare(engine: Engine): Promise<void> {
    const { rows, ledger } = this.#stage;
    for (const difference of await rows.differences(engine)) {
      ledger.complain('as written', difference);
    }
  }

  /** What has begun before, and waits again, was let in long ago; what was to start later waits from then on. */
  #judgeQueues(): void {
    const { ledger, rows, bounds } = this.#stage;
    const waiting = rows.live.filter(
      ({ key, status, id }) =>
        status === 'queued' && !rows.begun.has(key) && ledger.byId.get(id)?.startAt === undefined,
    );
    const most = bounds.opening.queue?.most ?? Infinity;
    if (waiting.length > most) {
      ledger.complain('queue', `${waiting.length} wait, and ${most} may`);
    }
  }

  async #looked(engine: Engine, commit: Commit): Promise<void> {
    const { ledger, rows, world, capacities } = this.#stage;
    await rows.follow(engine, commit);
    judgeBudgets(this.#stage, commit);
    this.#judgeQueues();
    const held = rows.holding();
    for (const { type, delegation, data } of commit.events) {
      const row = rows.get(delegation);
      if (row !== undefined && type === 'delegation.progressed') {
        ledger.keeps(row.id, row.detail.checkpoint);
      }
      if (row !== undefined && type === 'delegation.settled') {
        world.say(`${ledger.byId.get(row.id)?.name ?? row.id} is ${row.status} ${row.reason ?? ''}`);
        if (ledger.settled.has(row.id)) {
          ledger.complain('settled once', `${row.id} is settled again as ${String(data['status'])}`);
        }
        ledger.settled.set(row.id, { status: row.status, steady: world.steady, excused: ledger.excused });
      } else if (row !== undefined && type === 'delegation.dispatched') {
        const busy = held.get(row.callee)?.length ?? 0;
        if (busy > capacities.most(row.callee)) {
          ledger.complain('caps', `${busy} hold a slot of ${row.callee}, which has ${capacities.most(row.callee)}`);
        }
      }
    }
    for (const seat of capacities.seats) {
      capacities.hold(seat, held.get(seat)?.length ?? 0);
    }
  }

  #fault(error: unknown): void {
    this.#stage.world.say(`fault ${String(error)}`);
    if (!(error instanceof ErrandError)) {
      this.#stage.ledger.complain('no fault', error instanceof Error ? (error.stack ?? '') : String(error));
    }
  }
}
