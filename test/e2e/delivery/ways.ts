/**
 * The ways to reach the one callee: called by A2A, fetching by itself, a program, a function of the platform's process.
 *
 * Each says who holds the work while it goes on, since that decides what a kill of either side means.
 */
import { freePort } from '../../support/free-port.ts';
import { Gate } from '../../support/gate.ts';
import { Child } from './child.ts';
import { House, type Store } from './house.ts';

export interface Stand {
  house: House;
  /** The callee where it is a process of its own. */
  agent?: { kill(): Promise<void>; start(): Promise<void>; halt(): void; goOn(): void };
  /** Between platform and callee. */
  gate?: Gate;
  close(): Promise<void>;
}

export interface Way {
  name: string;
  /** It goes on with its work while the platform is away. */
  outlivesPlatform: boolean;
  open(store: Store): Promise<Stand>;
}

const UP = (house: House): string[] => [
  'src/cli/main.ts',
  ...['up', '--open', '--port', String(house.port), '--data', house.data, '--allow', '127.0.0.1'],
];

export const WAYS: readonly Way[] = [
  {
    name: 'a2a',
    outlivesPlatform: true,
    async open(store) {
      const house = await opened(store);
      const port = await freePort();
      const gate = await Gate.before(`http://127.0.0.1:${port}`);
      await enrol(house, { url: gate.url });
      const agent = await Agent.start(['a2a', house.folder, 'callee', house.url, String(port)]);
      return standing(house, agent, gate);
    },
  },
  {
    name: 'pull',
    outlivesPlatform: true,
    async open(store) {
      const house = await opened(store);
      const gate = await Gate.before(house.url);
      await enrol(house, { pull: true });
      const agent = await Agent.start(['pull', house.folder, 'callee', gate.url]);
      return standing(house, agent, gate);
    },
  },
  {
    name: 'program',
    outlivesPlatform: false,
    async open(store) {
      const house = await opened(store);
      const run = [process.execPath, `${import.meta.dirname}/program.ts`, house.folder];
      await enrol(house, { command: { run, input: 'json', dialect: 'errand' } });
      return { house, close: () => house.close() };
    },
  },
  {
    name: 'in process',
    outlivesPlatform: false,
    async open(store) {
      const house = new House(await freePort(), store, (own) => [
        `${import.meta.dirname}/host.ts`,
        ...[own.folder, 'callee', String(own.port), own.data],
      ]);
      await house.serving();
      await house.call('POST', '/workspaces', { id: 'caller', name: 'caller' });
      return { house, close: () => house.close() };
    },
  },
];

async function opened(store: Store): Promise<House> {
  const house = new House(await freePort(), store, UP);
  await house.serving();
  await house.call('POST', '/workspaces', { id: 'caller', name: 'caller' });
  return house;
}

async function enrol(house: House, reached: Record<string, unknown>): Promise<void> {
  const answer = await house.call('POST', '/workspaces', { id: 'callee', name: 'callee', ...reached });
  if (answer.status !== 201) {
    throw new Error(`not enrolled: ${JSON.stringify(answer.body)}`);
  }
}

function standing(house: House, agent: Agent, gate: Gate): Stand {
  return {
    ...{ house, agent, gate },
    async close() {
      await agent.kill();
      await house.close();
      gate.close();
    },
  };
}

class Agent {
  readonly #args: readonly string[];
  #child: Child;

  private constructor(args: readonly string[]) {
    this.#args = [`${import.meta.dirname}/agent.ts`, ...args];
    this.#child = new Child(this.#args);
  }

  static async start(args: readonly string[]): Promise<Agent> {
    const agent = new Agent(args);
    await agent.#child.said('serves');
    return agent;
  }

  async start(): Promise<void> {
    this.#child = new Child(this.#args);
    await this.#child.said('serves');
  }

  async kill(): Promise<void> {
    await this.#child.kill();
  }

  halt(): void {
    this.#child.halt();
  }

  goOn(): void {
    this.#child.goOn();
  }
}
