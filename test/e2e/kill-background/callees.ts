/**
 * The functions of the campaign: one of each declared recovery, one that asks, one that fails, and one that delegates
 * to the others two levels down. Each writes down that it has begun, and that it is about to return.
 */
import { callee, type Task, type TaskContext } from '../../../src/background/callee.ts';
import type { Chance } from '../witness/chance.ts';
import { pause } from '../witness/wire.ts';
import type { Ledger } from './ledger.ts';

const STEPS = 4;

export function calleesOf(ledger: Ledger, chance: Chance) {
  const began = (name: string, { id, text }: Task<never>, count = 0): void =>
    ledger.write('began', { id, callee: name, task: text, count });
  const returns = ({ id }: Task<never>, text: string): string => {
    ledger.write('returned', { id, text });
    return text;
  };
  const work = (name: string) => async (task: Task<never>) => {
    began(name, task);
    await pause(chance.between(0, 120));
    return returns(task, `${name} made ${task.text}`);
  };
  const leadTo = (name: string, below: readonly string[]) => async (task: Task<never>, context: TaskContext) => {
    began(name, task);
    const children = below.map((to) => context.delegate({ to, task: `${task.text}/${to}` }));
    await context.wait('any', children);
    const { endings } = await context.wait('all', children);
    return returns(task, `${name} has ${endings.map(({ to, status }) => `${to}=${status}`).join(' ')}`);
  };
  return {
    once: work('once'),
    again: callee({ run: work('again'), recovery: 'retry' }),
    far: callee({
      recovery: 'resume',
      run: async (task: Task<never>, context) => {
        const from = typeof task.checkpoint === 'number' ? task.checkpoint : 0;
        began('far', task, from);
        for (let step = from + 1; step <= STEPS; step += 1) {
          await pause(chance.between(0, 40));
          context.checkpoint(step);
        }
        return returns(task, `far made ${task.text}`);
      },
    }),
    asks: callee({
      recovery: 'retry',
      run: async (task: Task<never>, context) => {
        began('asks', task);
        return returns(task, `asks was told ${await context.ask(`which for ${task.text}?`)}`);
      },
    }),
    fails: callee({
      recovery: 'retry',
      run: async (task: Task<never>) => {
        began('fails', task);
        await pause(chance.between(0, 60));
        throw new Error(`no ${task.text}`);
      },
    }),
    lead: callee({ recovery: 'retry', run: leadTo('lead', ['once', 'middle']) }),
    middle: callee({ recovery: 'retry', run: leadTo('middle', ['again', 'far']) }),
  };
}

/** Of which nobody knows what became of it where its process was killed. */
export const NEVER_TWICE: ReadonlySet<string> = new Set(['once']);
