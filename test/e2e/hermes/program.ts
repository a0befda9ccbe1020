/**
 * A program that delegates in the background and is killed at a step: `node program.ts <store> <effects> <step>`.
 *
 * It says `ready` when it stands where it shall die. What a runner does outside is a line in the file of effects.
 */
import { appendFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { open } from '../../../src/background/index.ts';
import { openHermes, type Hermes } from '../../../src/background/hermes/index.ts';

const [store = '', effects = '', step = ''] = process.argv.slice(2);
const never = new Promise<never>(() => {});
// What waits for ever keeps no process alive.
const alive = setInterval(() => {}, 1000);

function effect(word: string): void {
  appendFileSync(effects, `${word}\n`);
}

async function hang(hermes: Hermes, full: 'reject' | 'queue' = 'reject'): Promise<void> {
  await hermes.dispatch_async_delegation({
    goal: 'long',
    context: 'why',
    session_key: 's',
    full,
    async runner({ progress, keep_checkpoint }) {
      effect('long');
      progress('half way');
      keep_checkpoint({ half: true });
      return never;
    },
  });
  while ((await hermes.list_async_delegations()).every(({ progress }) => progress === null)) {
    await setImmediate();
  }
}

async function short(hermes: Hermes): Promise<void> {
  await hermes.dispatch_async_delegation({
    goal: 'short',
    session_key: 's',
    idempotency_key: 'once',
    runner() {
      effect('short');
      return { status: 'completed', summary: 'done before' };
    },
  });
  while ((await hermes.list_async_delegations()).every(({ completed_at }) => completed_at === null)) {
    await setImmediate();
  }
}

const LONG = 50_000;

/** A batch of two, so many of which finish. */
async function batch(hermes: Hermes, most: number): Promise<void> {
  const recorded = Promise.withResolvers<undefined>();
  await hermes.dispatch_async_delegation_batch({
    goals: ['first', 'second'],
    session_key: 's',
    async runner({ record_unit_child, keep_checkpoint }) {
      keep_checkpoint('begun');
      for (let task_index = 0; task_index < most; task_index += 1) {
        effect(`child ${task_index}`);
        await record_unit_child({
          task_index,
          status: 'completed',
          summary: `${task_index}`.repeat(LONG),
          api_calls: 2,
        });
      }
      recorded.resolve(undefined);
      return never;
    },
  });
  await recorded.promise;
}

const STEPS: Readonly<Record<string, (hermes: Hermes) => Promise<unknown>>> = {
  async dispatching(hermes) {
    const asked = { session_key: 's', goal: 'g', runner: async () => never };
    void hermes.dispatch_async_delegation(asked);
  },
  running: async (hermes) => hang(hermes),
  restorable: async (hermes) => hang(hermes),
  'one of two': async (hermes) => batch(hermes, 1),
  'one of two, restorable': async (hermes) => batch(hermes, 1),
  'two of two': async (hermes) => batch(hermes, 2),
  async queued(hermes) {
    await hang(hermes);
    await hermes.dispatch_async_delegation({
      ...{ goal: 'waits', session_key: 's', full: 'queue', max_async_children: 1 },
      runner() {
        effect('waits');
        return {};
      },
    });
  },
  ended: short,
  async claimed(hermes) {
    await short(hermes);
    await hermes.completion_queue.get({ session_key: 's' });
  },
  async told(hermes) {
    await short(hermes);
    const claim = await hermes.completion_queue.get({ session_key: 's' });
    if (claim !== undefined) {
      await hermes.completion_queue.complete(claim);
    }
  },
};

/** On the line itself: one that keeps how far it is, and one that must not be done twice. */
async function onTheLine(): Promise<void> {
  const errand = await open({
    store,
    workspaces: {
      counts: {
        recovery: 'resume',
        async run(_task, context) {
          effect('counts from 0');
          context.checkpoint(3);
          return never;
        },
      },
      pays: async () => {
        effect('pays');
        return never;
      },
    },
  });
  const all = [errand.delegate({ to: 'counts', task: 'count' }), errand.delegate({ to: 'pays', task: 'pay' })];
  for (const handle of all) {
    for await (const { type } of handle.events) {
      if (type === (handle.to === 'counts' ? 'delegation.progressed' : 'delegation.delivered')) {
        break;
      }
    }
  }
}

if (step === 'line') {
  await onTheLine();
} else {
  const restorable = step.endsWith('restorable') ? { restore: () => undefined } : {};
  await STEPS[step]?.(await openHermes({ store, maxAsyncChildren: 1, ...restorable }));
}
process.stdout.write('ready\n');
await never;
clearInterval(alive);
