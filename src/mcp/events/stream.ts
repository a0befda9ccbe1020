/**
 * events/stream: one answer that stays open, and on it what happens, from a cursor on and without a gap.
 *
 * It is woken by the log, reads it from where it was, and says so every few seconds, so that a client that is cut off
 * in a quiet hour does not begin at the hour's beginning.
 */
import { ProtocolError, type JSONRPCRequest } from '@modelcontextprotocol/server';
import type { Timer } from '../../core/ports/index.ts';
import type { Ear } from '../listening.ts';
import type { McpParts } from '../parts.ts';
import { errorOf, refusalOf } from '../refusal.ts';
import { told } from './catalog.ts';
import { eventParams, followingOf, readEvents, type Following } from './read.ts';

const HEARTBEAT_MS = 20_000;
const AT_ONCE = 100;
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

type Parts = Pick<McpParts, 'clock' | 'onFault'> & Required<Pick<McpParts, 'log'>>;

export class EventStream {
  readonly #parts: Parts;
  readonly #ear: Ear;
  readonly #id: JSONRPCRequest['id'];
  #following: Following | undefined;
  #leave: () => void = () => {};
  #timer: Timer | undefined;
  #isReading = false;
  #isWoken = false;
  #isOver = false;

  constructor(parts: Parts, ear: Ear, id: JSONRPCRequest['id']) {
    this.#parts = parts;
    this.#ear = ear;
    this.#id = id;
  }

  /** False where it was refused: then the answer has been given. */
  async begin(params: unknown): Promise<boolean> {
    try {
      const read = eventParams.safeParse(params);
      if (!read.success) {
        throw new ProtocolError(-32_602, 'name is missing, or something else is no parameter of it');
      }
      const following = followingOf(read.data);
      this.#leave = this.#parts.log.watch(this.#ear.caller, () => this.#wake());
      const after = following.after ?? (await this.#parts.log.last());
      this.#following = { ...following, after };
      this.#say('active', { cursor: String(after), truncated: false });
      this.#beat();
      this.#wake();
      return true;
    } catch (error) {
      this.end();
      const refused = errorOf(refusalOf(error, this.#parts.onFault));
      this.#ear.finish({ jsonrpc: '2.0', id: this.#id, error: refused });
      return false;
    }
  }

  end(): void {
    this.#isOver = true;
    this.#leave();
    this.#timer?.cancel();
  }

  /** The server ends it, and says so. */
  finish(): void {
    this.end();
    this.#ear.finish({ jsonrpc: '2.0', id: this.#id, result: { resultType: 'complete', _meta: {} } });
  }

  #wake(): void {
    this.#isWoken = true;
    if (!this.#isReading) {
      this.#isReading = true;
      void this.#catchUp();
    }
  }

  async #catchUp(): Promise<void> {
    try {
      while (this.#isWoken && !this.#isOver) {
        this.#isWoken = false;
        await this.#readOn();
      }
    } catch (error) {
      this.#parts.onFault(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #readOn(): Promise<void> {
    const following = this.#following;
    if (following === undefined) {
      return;
    }
    const looking = { parts: this.#parts, caller: this.#ear.caller, following, most: AT_ONCE };
    const { events, cursor, hasMore, truncated } = await readEvents(looking);
    if (truncated) {
      this.#say('active', { cursor: String(cursor), truncated });
    }
    for (const event of events) {
      this.#say('event', { ...told(event), cursor: String(event.seq) });
    }
    following.after = cursor;
    this.#isWoken ||= hasMore;
  }

  #beat(): void {
    this.#timer = this.#parts.clock.after(HEARTBEAT_MS, () => {
      this.#say('heartbeat', { cursor: String(this.#following?.after) });
      this.#beat();
    });
  }

  #say(what: string, params: Record<string, unknown>): void {
    if (!this.#isOver) {
      const method = `notifications/events/${what}`;
      this.#ear.say({ jsonrpc: '2.0', method, params: { ...params, _meta: { [SUBSCRIPTION_ID]: this.#id } } });
    }
  }
}
