/**
 * A callee whose input and output are checked: what it is given is not what was asked for but what the schema made of
 * it, and so is what it gives back. The checks take their time.
 */
import type { Asking, Ending } from '../../../src/background/index.ts';
import type { Schema } from '../../../src/background/callee.ts';
import { CALLEES, type CalleeName, type Plan } from './plan.ts';

export interface Input {
  plan: Plan;
  number: number;
}

export interface Output {
  name: string;
  double: number;
  isChecked: true;
}

const NUMBER = 21;

export function inputSchema(pause: () => Promise<void>): Schema<unknown, Input> {
  return schemaOf(pause, (value) => {
    const { plan, number } = value as { plan: Plan; number: unknown };
    const read = Number(number);
    return Number.isNaN(read) ? undefined : { plan, number: read };
  });
}

export function outputSchema(pause: () => Promise<void>): Schema<unknown, Output> {
  return schemaOf(pause, (value) => {
    const { name, double } = value as Partial<Output>;
    return name === undefined || typeof double !== 'number' ? undefined : { name, double, isChecked: true };
  });
}

function schemaOf<T>(pause: () => Promise<void>, read: (value: unknown) => T | undefined): Schema<unknown, T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'simulation',
      validate: async (value) => {
        await pause();
        const made = read(value);
        return made === undefined ? { issues: [{ message: 'not a number', path: ['number'] }] } : { value: made };
      },
    },
  };
}

/** What is said to have a plan carried out. */
export function wordsFor(to: CalleeName, plan: Plan, isWrong = false): Pick<Asking, 'to' | 'task' | 'input'> {
  return CALLEES[to].isTyped === true
    ? { to, input: { plan, number: isWrong ? 'none' : String(NUMBER) } }
    : { to, task: JSON.stringify(plan) };
}

/** What is wrong with the ending of one that came to its end by itself. */
export function wrongMade(to: CalleeName, { name, spoils }: Plan, ending: Ending): string | undefined {
  if (CALLEES[to].isTyped !== true) {
    return ending.text === `${name} is done` ? undefined : `its text is ${ending.text ?? ''}`;
  }
  if (spoils === true) {
    return 'what it gave is not what it promises';
  }
  const expected: Output = { name, double: 2 * NUMBER, isChecked: true };
  return JSON.stringify(ending.value) === JSON.stringify(expected) ? undefined : `its value is ${String(ending.text)}`;
}
