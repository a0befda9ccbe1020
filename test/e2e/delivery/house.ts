/**
 * One platform with one callee: processes that are started, halted and killed, and the API as a caller sees it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ledger, type Line, type Script } from './script.ts';
import { Child } from './child.ts';

/** Short waits, so that a rule does not take long; none of them is what is tested. */
export const LEASE_MS = 4000;
const ENVIRONMENT = {
  ERRAND_LEASE_MS: String(LEASE_MS),
  ERRAND_BACKOFF_FIRST_MS: '20',
  ERRAND_BACKOFF_MOST_MS: '200',
  ERRAND_ATTEMPTS_MAX: '20',
  ERRAND_CIRCUIT_FAILURES: '1000',
  ERRAND_CANCEL_GRACE_MS: '5000',
};

export interface Seen {
  delegation_id: string;
  status: string;
  reason?: string;
  error?: string;
  question?: string;
  progress?: { message?: string };
  result?: { text: string; parts?: unknown[]; length: number; sha256: string };
  attempts: number;
  epoch: number;
  version: number;
  callee_confirmed?: boolean;
  late_results?: { epoch: number; excerpt: string }[];
  events: { type: string; n: number }[];
}

export interface Store {
  /** What a platform is told of where everything is kept. */
  environment: Record<string, string>;
}

export class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'errand-delivery-'));
  readonly port: number;
  readonly environment: Record<string, string>;
  readonly #command: (house: House) => readonly string[];
  #platform: Child;

  constructor(port: number, store: Store, command: (house: House) => readonly string[]) {
    this.port = port;
    this.environment = { ...ENVIRONMENT, ...store.environment };
    this.#command = command;
    this.#platform = new Child(command(this), this.environment);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  async serving(): Promise<void> {
    await this.#platform.said('serves at');
  }

  async kill(): Promise<void> {
    await this.#platform.kill();
  }

  async start(): Promise<void> {
    this.#platform = new Child(this.#command(this), this.environment);
    await this.serving();
  }

  /** For how long nobody renewed a lease. */
  async restart(): Promise<number> {
    const killedAt = performance.now();
    await this.kill();
    await this.start();
    return performance.now() - killedAt;
  }

  halt(): void {
    this.#platform.halt();
  }

  goOn(): void {
    this.#platform.goOn();
  }

  open(gate: string): void {
    writeFileSync(join(this.folder, gate), '');
  }

  ledger(id: string): Line[] {
    return ledger(this.folder).filter((line) => line.id === id);
  }

  ran(id: string): number {
    return this.ledger(id).filter(({ what }) => what === 'began').length;
  }

  /** Until the platform answers: it may be on its way back. */
  async call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(`${this.url}${path}`, {
          method,
          ...(body === undefined
            ? {}
            : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
        });
        const text = await response.text();
        return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
      } catch (error) {
        if (tries === 500) {
          throw error;
        }
        await pause(20);
      }
    }
  }

  async delegate(script: Script, more: Record<string, unknown> = {}): Promise<string> {
    const body = { target_id: 'callee', task: JSON.stringify(script), ...more };
    const answer = await this.call<{ delegation_id: string }>('POST', '/workspaces/caller/delegate', body);
    if (answer.status !== 202) {
      throw new Error(`not delegated: ${JSON.stringify(answer.body)}`);
    }
    return answer.body.delegation_id;
  }

  async look(id: string, query = ''): Promise<Seen> {
    return (await this.call<Seen>('GET', `/workspaces/caller/delegations/${id}${query}`)).body;
  }

  /** When it is as it should be; by long polls, each for what comes after what was seen. */
  async until(id: string, is: (seen: Seen) => boolean): Promise<Seen> {
    let seen = await this.look(id);
    while (!is(seen)) {
      if (isOver(seen)) {
        throw new Error(`it ended as ${seen.status} (${seen.reason ?? ''} ${seen.error ?? ''})`);
      }
      seen = await this.look(id, `?wait=5&since=${seen.version}`);
    }
    return seen;
  }

  async ending(id: string): Promise<Seen> {
    return this.until(id, isOver);
  }

  async result(id: string): Promise<{ text: string; sha256: string; length: number; parts?: unknown[] }> {
    const answer = await this.call<{ text: string; sha256: string; length: number; parts?: unknown[] }>(
      'GET',
      `/workspaces/caller/delegations/${id}/result`,
    );
    return answer.body;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isOver({ status }: { status: string }): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
