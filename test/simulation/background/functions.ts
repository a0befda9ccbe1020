/**
 * The functions of a simulated process: each does what its plan says in virtual time, and writes down that it works.
 *
 * What works has a slot, and what waits for a child or an answer has none: that is what is counted here, and nothing
 * that the product says of itself.
 */
import type { Asking, Callees, Handle, Task, TaskContext } from '../../../src/background/index.ts';
import { begin } from './begin.ts';
import type { Entry } from './ledger.ts';
import { CALLEES, type CalleeName, type How, type Plan, type Step } from './plan.ts';
import type { Stage } from './stage.ts';
import type { Owned, Tenure } from './tenure.ts';
import { inputSchema, outputSchema, wordsFor, type Input } from './typed.ts';

/** Nobody is there: who is reached under it is a peer of the simulation. */
const ADDRESS = 'http://127.0.0.1:9/';

/** One run, and whether it works at this moment. */
interface Working {
  name: string;
  seat: string;
  signal: AbortSignal;
  isResting: boolean;
  /** Tokens, all in all. */
  used: number;
}

export function calleesOf(stage: Stage, tenure: Tenure): Callees {
  const work = new Workshop(stage, tenure);
  const pause = async (): Promise<void> => tenure.sleep(stage.dice.below(stage.dice.pick([1, 100])));
  return Object.fromEntries(
    (Object.keys(CALLEES) as CalleeName[]).map((name) => {
      const { recovery, recursive, hasOwnSlots, isPeer, isTyped } = CALLEES[name];
      const common = { recovery, ...(hasOwnSlots === true ? { capacity: stage.bounds.own } : {}) };
      const schemas = isTyped === true ? { input: inputSchema(pause), output: outputSchema(pause) } : {};
      const run = async (task: Task<never>, context: TaskContext): Promise<unknown> => work.run(name, task, context);
      return [name, isPeer === true ? { ...common, url: ADDRESS } : { ...common, recursive, run, ...schemas }];
    }),
  );
}

class Workshop {
  readonly #stage: Stage;
  readonly #tenure: Tenure;
  readonly #working = new Set<Working>();

  constructor(stage: Stage, tenure: Tenure) {
    this.#stage = stage;
    this.#tenure = tenure;
  }

  async run(to: CalleeName, task: Task<unknown>, context: TaskContext): Promise<unknown> {
    const input = CALLEES[to].isTyped === true ? (task.input as Input) : undefined;
    const plan = input?.plan ?? (JSON.parse(task.text) as Plan);
    const entry = this.#begin(to, plan, task);
    if (input !== undefined && typeof input.number !== 'number') {
      this.#stage.ledger.complain('typed', `${plan.name} is given ${String(input.number)} for a number`);
    }
    const seat = this.#stage.rows.byId(task.id)?.callee ?? '';
    const working = { name: plan.name, seat, signal: context.signal, isResting: false, used: 0 };
    this.#working.add(working);
    this.#judge(working);
    this.#own(plan.name, context);
    const made: Handle[] = [];
    try {
      for (const [index, step] of plan.steps.entries()) {
        context.signal.throwIfAborted();
        await this.#step({ step, index, entry, context, working, made });
      }
      return input === undefined ? `${plan.name} is done` : madeOf(plan, input);
    } finally {
      this.#working.delete(working);
      this.#say(`${plan.name} returns`);
    }
  }

  #begin(to: CalleeName, plan: Plan, task: Task<unknown>): Entry {
    this.#say(`${plan.name} begins at ${to}, attempt ${task.attempt}, process ${this.#tenure.number}`);
    const entry = begin(this.#stage, plan, task.id);
    const { ledger } = this.#stage;
    if (entry.session !== task.session) {
      ledger.complain('own session', `${plan.name} of ${entry.session} is told that it works for ${task.session}`);
    }
    const { checkpoint = null } = task;
    if (CALLEES[to].recovery === 'resume' && JSON.stringify(checkpoint) !== (entry.checkpoint ?? 'null')) {
      ledger.complain(
        'goes on',
        `${plan.name} goes on from ${JSON.stringify(checkpoint)}, and had kept ${entry.checkpoint}`,
      );
    }
    return entry;
  }

  /** Let go of at its end, the last first, and once. */
  #own(name: string, context: TaskContext): void {
    const owned: Owned = { name, released: [] };
    this.#tenure.owned.push(owned);
    for (const resource of OWNED) {
      context.own(() => {
        owned.released.push(resource);
      });
    }
  }

  async #step(at: At): Promise<void> {
    const { step, entry, context, working } = at;
    switch (step.do) {
      case 'sleep':
        await this.#sleep(step.ms, context.signal);
        break;
      case 'deaf':
        await this.#tenure.sleep(step.ms);
        break;
      case 'hang':
        await new Promise<never>(() => {});
        break;
      case 'fail':
        throw new Error(`${entry.name} fails`);
      case 'usage':
        working.used += step.tokens;
        context.usage({ inputTokens: working.used });
        break;
      case 'progress':
        context.progress({ message: `${entry.name} goes on`, percent: 10 });
        break;
      case 'partial':
        context.partial(`${entry.name} so far`);
        break;
      case 'checkpoint':
        context.checkpoint({ of: entry.name, at: at.index });
        break;
      case 'steers':
        context.steers();
        break;
      case 'ask':
        await this.#resting(working, context.ask(`${entry.name}/${at.index}?`));
        break;
      case 'endings':
        await this.#resting(working, this.#all(context, working));
        break;
      case 'children':
        await this.#children(at, step);
        break;
    }
  }

  async #all(context: TaskContext, working: Working): Promise<void> {
    for await (const ending of context.endings()) {
      this.#saw(ending.id, ending.status);
      working.isResting = true;
    }
  }

  async #children({ entry, context, working, made }: At, step: Extract<Step, { do: 'children' }>): Promise<void> {
    const handles = step.children.map(({ to, plan, budget }) => {
      const child = this.#stage.ledger.enter({
        ...{ name: plan.name, to, plan, budget, session: entry.session, parent: entry.name, batch: undefined },
      });
      const wish = budget === undefined ? {} : { budget };
      const handle = context.delegate({ ...wordsFor(to, plan), ...wish } satisfies Asking);
      this.#stage.ledger.byId.set(handle.id, child);
      void this.#admitted(child, handle);
      return handle;
    });
    made.push(...handles);
    await this.#attend(step.how, { handles, context, working });
  }

  async #admitted(child: Entry, handle: Handle): Promise<void> {
    const admission = await handle.accepted;
    this.#stage.ledger.admitted(child, handle.id, admission);
  }

  async #attend(
    how: How,
    { handles, context, working }: { handles: Handle[]; context: TaskContext; working: Working },
  ): Promise<void> {
    if (how === 'done') {
      const endings = await this.#resting(working, Promise.all(handles.map(async (handle) => handle.done)));
      for (const { id, status } of endings) {
        this.#saw(id, status);
      }
    } else if (how === 'wait' || how === 'any') {
      await this.#resting(working, context.wait(how === 'wait' ? 'all' : 'any', handles));
    } else if (how === 'hasty') {
      await this.#resting(working, context.wait('all', handles, { timeoutMs: 1500 }));
    } else if (how === 'cancel') {
      await this.#sleep(300, context.signal);
      await Promise.all(handles.map(async (handle) => this.#cancel(handle)));
    }
  }

  async #cancel(handle: Handle): Promise<void> {
    const admitted = await handle.accepted;
    if (admitted.kind !== 'rejected') {
      await handle.cancel('not needed any more').catch((error: unknown) => this.#say(`cancel ${String(error)}`));
    }
  }

  /** Meanwhile it has no slot; before it goes on it has one again. */
  async #resting<T>(working: Working, until: Promise<T>): Promise<T> {
    working.isResting = true;
    try {
      return await until;
    } finally {
      working.isResting = false;
      this.#judge(working);
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      void this.#tenure.sleep(ms).then(resolve);
    });
  }

  /** Whoever was told to stop, and does not, has lost its slot or is about to. */
  #judge(mine: Working): void {
    if (mine.signal.aborted) {
      return;
    }
    const { ledger, capacities } = this.#stage;
    const busy = [...this.#working].filter(
      ({ seat, isResting, signal }) => seat === mine.seat && !isResting && !signal.aborted,
    );
    if (busy.length > capacities.most(mine.seat)) {
      const names = busy.map(({ name }) => name).join(', ');
      ledger.complain('caps', `${names} work at ${mine.seat}, which has ${capacities.most(mine.seat)} slots`);
    }
  }

  #saw(id: string, status: string): void {
    const settled = this.#stage.ledger.settled.get(id);
    if (settled !== undefined && settled.status !== status) {
      this.#stage.ledger.complain('right ending', `a child is ${settled.status} and its parent is told ${status}`);
    }
  }

  #say(line: string): void {
    this.#stage.world.say(line);
  }
}

const OWNED = [1, 2, 3];

function madeOf({ name, spoils }: Plan, { number }: Input): unknown {
  return spoils === true ? { name, double: 'a lot' } : { name, double: 2 * number };
}

interface At {
  step: Step;
  index: number;
  entry: Entry;
  context: TaskContext;
  working: Working;
  made: Handle[];
}
