/**
 * The functions of a simulated process: each does what its plan says in virtual time, and writes down that it works.
 *
 * What works has a slot, and what waits for a child or an answer has none: that is what is counted here, and nothing
 * that the product says of itself.
 */
import type { Asking, Callees, FunctionCallee, Handle, Task, TaskContext } from '../../../src/background/index.ts';
import { keyOf } from '../../../src/core/ports/index.ts';
import type { Entry } from './ledger.ts';
import { CALLEES, type How, type Plan, type Step } from './plan.ts';
import type { Stage } from './stage.ts';
import type { Tenure } from './tenure.ts';

/** One run, and whether it works at this moment. */
interface Working {
  name: string;
  seat: string;
  signal: AbortSignal;
  isResting: boolean;
}

export function calleesOf(stage: Stage, tenure: Tenure): Callees {
  const work = new Workshop(stage, tenure);
  return Object.fromEntries(
    Object.entries(CALLEES).map(([name, about]): [string, FunctionCallee<never>] => [
      name,
      {
        run: async (task: Task, context) => work.run(name, task, context),
        recovery: about.recovery,
        recursive: about.recursive,
        ...('hasOwnSlots' in about ? { capacity: stage.bounds.own } : {}),
      },
    ]),
  );
}

export class Workshop {
  readonly #stage: Stage;
  readonly #tenure: Tenure;
  readonly #working = new Set<Working>();

  constructor(stage: Stage, tenure: Tenure) {
    this.#stage = stage;
    this.#tenure = tenure;
  }

  async run(to: string, task: Task<unknown>, context: TaskContext): Promise<string> {
    const plan = JSON.parse(task.text) as Plan;
    const entry = this.#begin(to, plan, task);
    const seat = this.#stage.tables.delegations.get(keyOf('dlg', task.id) ?? -1)?.callee ?? '';
    const working = { name: plan.name, seat, signal: context.signal, isResting: false };
    this.#working.add(working);
    this.#judge(working);
    const held = { released: 0 };
    context.own(() => {
      held.released += 1;
    });
    const made: Handle[] = [];
    try {
      for (const [index, step] of plan.steps.entries()) {
        context.signal.throwIfAborted();
        await this.#step({ step, index, entry, context, working, made });
      }
      return `${plan.name} is done`;
    } finally {
      this.#working.delete(working);
      this.#say(`${plan.name} returns`);
    }
  }

  #begin(to: string, plan: Plan, task: Task<unknown>): Entry {
    const { ledger } = this.#stage;
    const entry = ledger.entries.get(plan.name);
    this.#say(`${plan.name} begins at ${to}, attempt ${task.attempt}, process ${this.#tenure.number}`);
    if (entry === undefined) {
      throw new Error(`Nobody asked for ${plan.name}.`);
    }
    entry.runs += 1;
    ledger.knows(entry, task.id);
    if (entry.runs > 1 && CALLEES[to as keyof typeof CALLEES].recovery === 'unknown') {
      ledger.complain('never twice', `${plan.name} runs again at ${to}`);
    }
    if (entry.admission?.kind === 'rejected') {
      ledger.complain('refused never runs', `${plan.name} was refused with ${entry.admission.code}, and runs`);
    }
    if (entry.session !== task.session) {
      ledger.complain('own session', `${plan.name} of ${entry.session} is told that it works for ${task.session}`);
    }
    if (ledger.settled.has(task.id)) {
      ledger.complain('settled once', `${plan.name} begins after its end`);
    }
    return entry;
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
      case 'progress':
        context.progress({ message: `${entry.name} goes on`, percent: 10 });
        break;
      case 'partial':
        context.partial(`${entry.name} so far`);
        break;
      case 'checkpoint':
        context.checkpoint({ of: entry.name });
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
    const handles = step.children.map(({ to, plan }) => {
      const child = this.#stage.ledger.enter({
        ...{ name: plan.name, to, plan, session: entry.session, parent: entry.name, batch: undefined },
      });
      const handle = context.delegate({ to, task: JSON.stringify(plan) } satisfies Asking);
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

interface At {
  step: Step;
  index: number;
  entry: Entry;
  context: TaskContext;
  working: Working;
  made: Handle[];
}
