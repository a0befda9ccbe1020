/**
 * The caller and the peer of the end-to-end bench: as light as they can be, so that what is measured is the platform.
 */
import { load, type Amount } from './load.ts';
import { Client, serve } from './wire.ts';

const CALLEES = 8;
export const TEXT = 'x'.repeat(2000);

export interface Peer {
  url: string;
  arrivals: Map<string, number>;
  answered: Map<string, number>;
  /** From the end of one task of a callee to the arrival of its next. */
  gaps: number[];
  close(): Promise<void>;
}

export async function openPeer(): Promise<Peer> {
  const arrivals = new Map<string, number>();
  const answered = new Map<string, number>();
  const gaps: number[] = [];
  const ended = new Map<string, number>();
  const { port, server } = await serve((path, body) => {
    const now = performance.now();
    const { id, params } = JSON.parse(body) as { id: string; params: { message: { messageId: string } } };
    const before = ended.get(path);
    if (before !== undefined) {
      gaps.push(now - before);
    }
    arrivals.set(params.message.messageId, now);
    const artifacts = [{ artifactId: 'a', parts: [{ kind: 'text', text: TEXT }] }];
    const status = { state: 'completed' };
    const result = { kind: 'task', id: 'task', contextId: 'context', status, artifacts };
    const done = performance.now();
    answered.set(params.message.messageId, done);
    ended.set(path, done);
    return JSON.stringify({ jsonrpc: '2.0', id, result });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    answered,
    gaps,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export interface Run extends Amount {
  peer: Peer;
  /** They take turns. */
  callers: readonly Caller[];
  kind?: 'wide' | 'narrow';
}

export async function traffic({ peer, callers, kind = 'wide', ...amount }: Run): Promise<Times> {
  const times: Times = { perSecond: 0, total: [], accept: [], arrive: [], told: [] };
  peer.arrivals.clear();
  peer.answered.clear();
  const { perSecond, times: total } = await load(amount, async (index) =>
    callers[index % callers.length]?.one(`${kind}-${Math.floor(index / callers.length) % CALLEES}`, times),
  );
  return { ...times, perSecond, total };
}

export interface Times {
  perSecond: number;
  total: number[];
  accept: number[];
  arrive: number[];
  told: number[];
}

/** One who delegates through one platform, to the peers that are enrolled there. */
export class Caller {
  readonly #client: Client;
  readonly #peer: Peer;
  readonly #id: string;

  constructor(platform: string, peer: Peer, id = 'caller') {
    this.#client = new Client(platform);
    this.#peer = peer;
    this.#id = id;
  }

  async enrol(): Promise<void> {
    await this.#call('POST', '/workspaces', { id: this.#id, name: this.#id });
  }

  /** Those of the callees whose number is `share` when it is divided by `of`. */
  async enrolCallees(share = 0, of = 1): Promise<void> {
    for (let index = share; index < CALLEES; index += of) {
      const url = `${this.#peer.url}/wide-${index}`;
      await this.#call('POST', '/workspaces', { id: `wide-${index}`, name: 'wide', url, capacity: 256 });
      const narrow = `${this.#peer.url}/narrow-${index}`;
      await this.#call('POST', '/workspaces', { id: `narrow-${index}`, name: 'narrow', url: narrow, capacity: 1 });
    }
  }

  /** Asks, and waits until it is told. */
  async one(callee: string, times: Times): Promise<void> {
    const began = performance.now();
    const accepted = await this.#call('POST', `/workspaces/${this.#id}/delegate`, { target_id: callee, task: TEXT });
    const id = accepted['delegation_id'];
    if (typeof id !== 'string') {
      throw new TypeError(JSON.stringify(accepted));
    }
    const answered = performance.now();
    let version = 2;
    let status: unknown;
    while (status !== 'completed') {
      const read = await this.#call('GET', `/workspaces/${this.#id}/delegations/${id}?wait=30&since=${version}`);
      version = Number(read['version']);
      status = read['status'];
    }
    const ended = performance.now();
    times.accept.push(answered - began);
    times.arrive.push((this.#peer.arrivals.get(id) ?? Number.NaN) - answered);
    times.told.push(ended - (this.#peer.answered.get(id) ?? Number.NaN));
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object): Promise<Record<string, unknown>> {
    const text = await this.#client.call(method, path, body === undefined ? '' : JSON.stringify(body));
    return JSON.parse(text) as Record<string, unknown>;
  }

  close(): void {
    this.#client.close();
  }
}
