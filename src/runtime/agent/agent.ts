/**
 * `agent({ … })`: a handler that serves work, as a value. It does nothing until it is told where to serve.
 */
import { systemClock, systemIds } from '../../server/clock.ts';
import { serveCalled } from './called.ts';
import { define, type Definition } from './definition.ts';
import { serve, type Served, type ServeOptions } from './serve.ts';

/** The same in every copy of this package: the command that runs an agent may come from another one than the agent. */
const MARK = Symbol.for('errand.agent');

export interface Agent {
  readonly name: string;
  /** Of its seat, where nobody says another one. */
  readonly id: string;
  readonly capacity: number;
  /** With another capacity. */
  with(changes: Pick<Definition, 'capacity'>): Agent;
  /** Settles when it has its seat, however long the platform is away; rejects where it is refused. */
  serve(options: ServeOptions): Promise<Served>;
}

export function agent(definition: Definition): Agent {
  const defined = define(definition);
  const { name, id, capacity } = defined;
  const made: Agent = {
    ...{ name, id, capacity },
    with: (changes) => agent({ ...definition, ...changes }),
    async serve({ listen, ...options }) {
      const machine = { clock: systemClock, ids: systemIds() };
      return listen === undefined
        ? serve(defined, options, machine)
        : serveCalled(defined, { ...options, listen }, machine);
    },
  };
  return Object.freeze(Object.defineProperty(made, MARK, { value: true }));
}

export function isAgent(value: unknown): value is Agent {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[MARK] === true;
}
