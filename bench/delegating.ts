/**
 * Callers of the agents' benches: each delegates, and is through when it is told of the ending. As light as they can be.
 */
import { load, type Amount, type Load } from './load.ts';
import type { Platform } from './platform.ts';
import { Client } from './wire.ts';

const CALLERS = 8;

export class Delegating {
  readonly #client: Client;

  constructor({ url }: Platform) {
    this.#client = new Client(url);
  }

  async enrol(): Promise<void> {
    for (let index = 0; index < CALLERS; index += 1) {
      await this.call('POST', '/workspaces', { id: `caller-${index}`, name: 'caller' });
    }
  }

  /** One after the other of the callees is given something. */
  async run(amount: Amount, callee: (index: number) => string): Promise<Load> {
    return load(amount, async (index) => this.one(`caller-${index % CALLERS}`, callee(index)));
  }

  async one(caller: string, callee: string): Promise<void> {
    const accepted = await this.call('POST', `/workspaces/${caller}/delegate`, { target_id: callee, task: 'x' });
    const path = `/workspaces/${caller}/delegations/${String(accepted['delegation_id'])}`;
    let version = 2;
    for (;;) {
      const read = await this.call('GET', `${path}?wait=30&since=${version}`);
      version = Number(read['version']);
      if (read['status'] === 'completed') {
        return;
      }
      if (read['status'] === 'failed') {
        throw new Error(JSON.stringify(read).slice(0, 1000));
      }
    }
  }

  async call(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown>> {
    const text = await this.#client.call(method, path, body === undefined ? '' : JSON.stringify(body));
    return JSON.parse(text) as Record<string, unknown>;
  }

  close(): void {
    this.#client.close();
  }
}
