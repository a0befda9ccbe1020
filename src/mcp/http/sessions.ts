/**
 * All sessions of the older era, each with a server of its own and bound to the identity that opened it.
 *
 * To anybody else a session is not there. They are bounded in number, in all and for each identity: whoever opens more
 * loses the one that was idle longest. One that is idle for half an hour is closed; its client opens another.
 */
import type { Server } from '@modelcontextprotocol/server';
import type { Timer } from '../../core/ports/index.ts';
import type { Caller, Changed, McpParts, Surface } from '../parts.ts';
import { delegationOfUri } from '../resources.ts';
import { serverOf } from '../server.ts';
import { Direct } from './direct.ts';
import { Session } from './session.ts';

const SESSIONS_MAX = 10_000;
const SESSIONS_OF_CALLER_MAX = 64;
const IDLE_MS = 30 * 60_000;
const SWEEP_MS = 60_000;

interface Open {
  session: Session;
  server: Server;
  identity: string;
  /** There while it is told of changes. */
  leave: (() => void) | undefined;
}

export class Sessions {
  readonly #parts: McpParts;
  readonly #surface: Surface;
  /** The least recently used first. */
  readonly #open = new Map<string, Open>();
  readonly #countOf = new Map<string, number>();
  readonly #direct: Direct;
  #timer: Timer;

  constructor(parts: McpParts, surface: Surface) {
    this.#parts = parts;
    this.#surface = surface;
    this.#direct = new Direct(parts, surface);
    this.#timer = this.#sweepLater();
  }

  get size(): number {
    return this.#open.size;
  }

  async begin(caller: Caller): Promise<Session> {
    const { identity } = caller;
    const own = this.#countOf.get(identity) ?? 0;
    if (own >= SESSIONS_OF_CALLER_MAX || this.#open.size >= SESSIONS_MAX) {
      await this.#endOldest(own >= SESSIONS_OF_CALLER_MAX ? identity : undefined);
    }
    const session = new Session(`mcp_${this.#parts.ids.random()}`, this.#parts.clock.now(), this.#direct);
    const server = serverOf(this.#parts, this.#surface, (id) => ({
      caller: session.callerOf(id),
      connection: session,
    }));
    const open: Open = { session, server, identity, leave: undefined };
    session.onSubscribed = () => this.#watch(open, caller);
    this.#open.set(session.id, open);
    this.#countOf.set(identity, (this.#countOf.get(identity) ?? 0) + 1);
    await server.connect(session);
    return session;
  }

  /** Undefined for what is not there, or is somebody else's. */
  find(id: string, caller: Caller): Session | undefined {
    const open = this.#open.get(id);
    if (open === undefined || open.identity !== caller.identity) {
      return undefined;
    }
    this.#open.delete(id);
    this.#open.set(id, open);
    open.session.usedAt = this.#parts.clock.now();
    return open.session;
  }

  async end(id: string): Promise<void> {
    const open = this.#open.get(id);
    if (open === undefined) {
      return;
    }
    this.#open.delete(id);
    const left = (this.#countOf.get(open.identity) ?? 1) - 1;
    if (left === 0) {
      this.#countOf.delete(open.identity);
    } else {
      this.#countOf.set(open.identity, left);
    }
    open.leave?.();
    await open.server.close();
  }

  announce(changed: Changed): void {
    for (const { session, server } of this.#open.values()) {
      if (typeof changed !== 'object') {
        this.#notify(server, `notifications/${changed}/list_changed`, {});
      } else if (session.subscribed.has(changed.uri)) {
        this.#notify(server, 'notifications/resources/updated', { uri: changed.uri });
      }
    }
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await Promise.all([...this.#open.keys()].map(async (id) => this.end(id)));
  }

  /** Nobody is woken for a session that has subscribed to nothing. */
  #watch(open: Open, caller: Caller): void {
    const { session, server } = open;
    if (session.subscribed.size === 0) {
      open.leave?.();
      open.leave = undefined;
    } else {
      open.leave ??= this.#parts.watch(caller, (id) => told(session, server, id));
    }
  }

  #notify(server: Server, method: string, params: Record<string, unknown>): void {
    void server.notification({ method, params }).catch(this.#parts.onFault);
  }

  async #endOldest(identity: string | undefined): Promise<void> {
    const candidates = [...this.#open.values()].filter((one) => identity === undefined || one.identity === identity);
    const oldest = candidates.find(({ session }) => !session.isBusy) ?? candidates[0];
    if (oldest !== undefined) {
      await this.end(oldest.session.id);
    }
  }

  #sweepLater(): Timer {
    return this.#parts.clock.after(SWEEP_MS, () => {
      const before = this.#parts.clock.now() - IDLE_MS;
      for (const { session } of this.#open.values()) {
        if (session.usedAt < before && !session.isBusy) {
          void this.end(session.id).catch(this.#parts.onFault);
        }
      }
      this.#timer = this.#sweepLater();
    });
  }
}

function told(session: Session, server: Server, delegation: string): void {
  for (const uri of session.subscribed) {
    if (delegationOfUri(uri)?.id === delegation) {
      // A session that is closing is not told any more.
      server.sendResourceUpdated({ uri }).catch(() => {});
    }
  }
}
