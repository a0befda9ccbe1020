/**
 * One delivery's contact with its callee: whom it speaks to, how, and what it has to obey meanwhile.
 *
 * The one argument of `send`, `follow` and `stop`. It carries no decision, only the means: asking a question,
 * waiting a while, saying that the callee is alive.
 */
import { type Call, encodeCall, type RpcId } from '../../a2a/index.ts';
import type { Assignment, Clock, Delivering, Reports } from '../../core/ports/index.ts';
import { describe, post, type Reply } from './client.ts';
import { GuardError } from './guard.ts';
import type { Origins, Target } from './origins.ts';
import type { Route, Routes } from './routes.ts';

export interface Tempo {
  attemptMs: number;
  cancelMs: number;
  pollFirstMs: number;
  pollMostMs: number;
  pollGrowth: number;
}

/** What all deliveries of a carrier share. */
export interface Means {
  clock: Clock;
  chance: () => number;
  origins: Origins;
  routes: Routes;
  tempo: Tempo;
  answerBytesMax: number;
  nextId: () => RpcId;
}

export interface Asked {
  reply: Reply;
  id: RpcId;
}

export class Contact {
  readonly means: Means;
  readonly assignment: Assignment;
  readonly reports: Reports;
  readonly signal: AbortSignal;
  route: Route;
  #acknowledged = false;

  constructor(means: Means, order: { assignment: Assignment; delivering: Delivering; route: Route }) {
    this.means = means;
    this.assignment = order.assignment;
    this.reports = order.delivering.reports;
    this.signal = order.delivering.signal;
    this.route = order.route;
  }

  /** Without a signal it is asked though the delivery has been let go, as a cancel is. */
  async ask(call: Call, bounds: { timeoutMs: number; signal?: AbortSignal; graceMs?: number }): Promise<Asked> {
    const id = this.means.nextId();
    const target = this.target();
    if ('kind' in target) {
      return { id, reply: target };
    }
    const reply = await post({
      target,
      body: encodeCall(id, call),
      headers: this.headers('application/json'),
      bytesMax: this.means.answerBytesMax,
      timeoutMs: bounds.timeoutMs,
      signal: bounds.signal,
      graceMs: bounds.graceMs ?? 0,
      clock: this.means.clock,
    });
    return { reply, id };
  }

  /** Or that nothing can be sent there. */
  target(): Target | Extract<Reply, { kind: 'not_sent' }> {
    try {
      return this.means.origins.target(this.route.url);
    } catch (error) {
      return { kind: 'not_sent', error: describe(error), guarded: error instanceof GuardError };
    }
  }

  headers(accept: string): string[] {
    const headers = ['content-type', 'application/json', 'accept', accept, 'accept-encoding', 'identity'];
    const { traceparent } = this.assignment;
    if (traceparent !== undefined) {
      headers.push('traceparent', traceparent);
    }
    // An agent of ours asks the platform whether it is good, and so knows who calls; it opens nothing else anywhere.
    headers.push('authorization', `Bearer ${this.assignment.attemptToken}`, ...this.route.dialect.headers);
    return headers;
  }

  /** Said once, at the first sign that the callee has it. */
  acknowledge(remote: { task?: string; context?: string }): void {
    if (!this.#acknowledged) {
      this.#acknowledged = true;
      this.reports.acknowledged(remote);
    }
  }

  /** Ends early when the signal, if there is one, is aborted. */
  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const timer = this.means.clock.after(ms, finish);
      signal?.addEventListener('abort', finish, { once: true });
      function finish(): void {
        timer.cancel();
        signal?.removeEventListener('abort', finish);
        resolve();
      }
    });
  }
}
