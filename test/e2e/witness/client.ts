/**
 * A caller: delegates, looks, cancels, answers questions, reads its inbox, fetches results and acknowledges, all at
 * once, and goes on after every kill. Whatever it saw it writes down; it judges nothing.
 *
 * It is what a careful client is: it keeps the key of an offer until the offer is answered, and acknowledges a notice
 * only after it has what the notice tells of.
 */
import { hash } from 'node:crypto';
import type { Chance } from './chance.ts';
import type { History } from './history.ts';
import { answerTo } from './peers.ts';
import {
  bodyOf,
  type DelegationStatus,
  isOver,
  type Json,
  pause,
  pauseAfter,
  rowsOf,
  type Answer,
  type Wire,
  wordOf,
} from './wire.ts';

const OPEN_MAX = 16;
const LANES = 3;

interface Offer {
  key: string;
  path: string;
  body: Json;
  callee: string;
  conversation: string | null;
  delivery: 'at_least_once' | 'at_most_once';
}

interface Known {
  id: string;
  version: number;
  isOver: boolean;
}

export interface ClientParts {
  id: string;
  wire: Wire;
  history: History;
  chance: Chance;
  callees: readonly { id: string }[];
}

export class Client {
  readonly id: string;
  readonly #parts: ClientParts;
  readonly #chance: Chance;
  readonly #known = new Map<string, Known>();
  /** Those whose ending it has not been told. */
  readonly #open = new Map<string, Known>();
  /** Among them those it is told of before the answer to its offer comes through. */
  readonly #told = new Set<string>();
  readonly #answeredOffers: Offer[] = [];
  #offers = 0;
  #isClosing = false;
  #hasOffered = false;

  constructor(parts: ClientParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#chance = parts.chance;
  }

  /** Ends after `close`, when every offer is answered and every ending told. */
  async run(): Promise<void> {
    await Promise.all([this.#offering(), this.#reading(), this.#looking()]);
  }

  close(): void {
    this.#isClosing = true;
  }

  /** What is still open, for a report. */
  get waiting(): string[] {
    return [...this.#open.keys()];
  }

  get #isDone(): boolean {
    return this.#isClosing && this.#hasOffered && this.#open.size === 0;
  }

  async #offering(): Promise<void> {
    while (!this.#isClosing) {
      await pause(this.#chance.between(0, 25));
      if (this.#answeredOffers.length > 0 && this.#chance.once(0.05)) {
        // The same again, on purpose, long after it was answered.
        await this.#offer(this.#chance.pick(this.#answeredOffers));
      } else if (this.#open.size < OPEN_MAX) {
        await this.#offer(this.#newOffer());
      }
    }
    this.#hasOffered = true;
  }

  /** Until it is answered one way or the other, however often the platform dies over it. */
  async #offer(offer: Offer): Promise<void> {
    for (;;) {
      const { key, path, body } = offer;
      const answer = await this.#parts.wire.call({ method: 'POST', path, body, key });
      const isKnown = answer.kind === 'answered' && answer.status < 500;
      if (isKnown && answer.status < 300) {
        this.#accepted(offer, answer);
        return;
      }
      this.#write(offer, { outcome: isKnown ? 'refused' : 'unknown', status: isKnown ? answer.status : 0 });
      if (isKnown) {
        return;
      }
      await pauseAfter(answer);
    }
  }

  #write(offer: Offer, came: { outcome: 'refused' | 'unknown'; status: number }): void {
    const { key, delivery, callee, conversation } = offer;
    const about = { client: this.id, key, delivery, callee, conversation };
    this.#parts.history.submissions.push({ ...about, ...came, ids: [], batch: null });
  }

  #accepted(offer: Offer, answer: Extract<Answer, { kind: 'answered' }>): void {
    const body = bodyOf(answer);
    const many = rowsOf(body['delegations']);
    const ids = (many.length > 0 ? many : [body]).map((row) => wordOf(row['delegation_id']));
    const batch = many.length > 0 ? wordOf(body['batch_id']) : null;
    const { key, delivery, callee, conversation } = offer;
    const about = { client: this.id, key, delivery, callee, conversation };
    this.#parts.history.submissions.push({ ...about, outcome: 'answered', status: answer.status, ids, batch });
    for (const id of ids) {
      if (!this.#known.has(id)) {
        const known: Known = { id, version: 0, isOver: false };
        this.#known.set(id, known);
        if (!this.#told.has(id)) {
          this.#open.set(id, known);
        }
      }
    }
    if (!this.#answeredOffers.includes(offer)) {
      this.#answeredOffers.push(offer);
    }
  }

  #newOffer(): Offer {
    const chance = this.#chance;
    this.#offers += 1;
    const key = `${this.id}-${this.#offers}`;
    if (chance.once(0.12)) {
      const tasks = Array.from({ length: chance.between(2, 5) }, () => ({
        target_id: chance.pick(this.#parts.callees).id,
        task: this.#task(),
      }));
      const path = `/workspaces/${this.id}/delegate/batch`;
      return { key, path, body: { tasks }, callee: '', conversation: null, delivery: 'at_least_once' };
    }
    const callee = chance.pick(this.#parts.callees).id;
    const conversation = callee === 'lanes' ? `${this.id}-lane-${chance.between(1, LANES)}` : null;
    const delivery = chance.once(0.1) ? 'at_most_once' : 'at_least_once';
    const body = {
      target_id: callee,
      task: this.#task(),
      delivery,
      ...(conversation === null ? {} : { conversation_id: conversation }),
      ...(conversation === null && chance.once(0.2) ? { priority: chance.pick(['critical', 'info']) } : {}),
    };
    return { key, path: `/workspaces/${this.id}/delegate`, body, callee, conversation, delivery };
  }

  #task(): string {
    return `task ${this.#chance.between(0, 1e9)} ${'x'.repeat(this.#chance.between(0, 2000))}`;
  }

  /** The inbox, by long poll. */
  async #reading(): Promise<void> {
    while (!this.#isDone) {
      const wait = this.#isClosing ? 1 : this.#chance.between(0, 3);
      const path = `/workspaces/${this.id}/inbox?wait=${wait}&limit=${this.#chance.between(1, 30)}`;
      const answer = await this.#parts.wire.call({ method: 'GET', path, waitMs: wait * 1000 });
      if (answer.kind === 'unknown' || answer.status !== 200) {
        await pauseAfter(answer);
        continue;
      }
      const notices = rowsOf(JSON.parse(answer.text));
      for (const notice of notices) {
        this.#heard(notice, answer);
      }
      // Sometimes it dies between reading and acknowledging, as far as the platform can tell.
      if (notices.length > 0 && !this.#chance.once(0.05)) {
        await this.#have(notices);
        await this.#acknowledge(notices.map(({ id }) => wordOf(id)));
        this.#close(notices);
      }
    }
  }

  #heard(notice: Json, answer: { from: number; to: number }): void {
    const { from, to } = answer;
    const rows = notice['kind'] === 'batch' ? rowsOf(notice['results']) : [notice];
    this.#parts.history.told.push({
      ...{ client: this.id, notice: wordOf(notice['id']), kind: wordOf(notice['kind']), from, to },
      batch: notice['kind'] === 'batch' ? wordOf(notice['batch_id']) : null,
      about: rows.map((row) => wordOf(row['delegation_id'])),
    });
    for (const row of rows) {
      this.#saw(row, { from, to, where: 'notice' });
    }
  }

  /** Fetches what the notices tell of, and answers what they ask. */
  async #have(notices: readonly Json[]): Promise<void> {
    for (const notice of notices) {
      const rows = notice['kind'] === 'batch' ? rowsOf(notice['results']) : [notice];
      for (const row of rows) {
        const id = wordOf(row['delegation_id']);
        if (notice['kind'] === 'asked') {
          const path = `/workspaces/${this.id}/delegations/${id}/answer`;
          await this.#parts.wire.insist({ method: 'POST', path, body: { text: answerTo(id) } });
        } else if (row['status'] === 'completed') {
          await this.#fetch(id);
        }
      }
    }
  }

  async #fetch(id: string): Promise<void> {
    const path = `/workspaces/${this.id}/delegations/${id}/result`;
    const answer = await this.#parts.wire.insist({ method: 'GET', path });
    if (answer.status === 200) {
      const body = bodyOf(answer);
      const sha256 = hash('sha256', wordOf(body['text']));
      this.#parts.history.fetched.push({ client: this.id, id, sha256, said: wordOf(body['sha256']) });
    }
  }

  async #acknowledge(notices: string[]): Promise<void> {
    const path = `/workspaces/${this.id}/inbox/ack`;
    const answer = await this.#parts.wire.insist({ method: 'POST', path, body: { ids: notices } });
    const counted = Number(bodyOf(answer)['acknowledged']);
    this.#parts.history.acknowledged.push({ client: this.id, notices, counted, to: answer.to });
  }

  #close(notices: readonly Json[]): void {
    for (const notice of notices) {
      const rows = notice['kind'] === 'batch' ? rowsOf(notice['results']) : [notice];
      for (const row of notice['kind'] === 'asked' ? [] : rows) {
        this.#end(wordOf(row['delegation_id']));
      }
    }
  }

  #end(id: string): void {
    this.#told.add(id);
    this.#open.delete(id);
  }

  /** Reads, cancels, pages through lists. */
  async #looking(): Promise<void> {
    while (!this.#isDone) {
      await pause(this.#chance.between(5, 60));
      const known = this.#open.size === 0 ? undefined : this.#chance.pick([...this.#open.values()]);
      const die = this.#chance.next();
      if (die < 0.15) {
        await this.#list();
      } else if (known !== undefined && die < 0.22 && !this.#isClosing) {
        await this.#parts.wire.call({ method: 'POST', path: `/workspaces/${this.id}/delegations/${known.id}/cancel` });
      } else if (known !== undefined) {
        await this.#look(known);
      }
    }
  }

  async #list(): Promise<void> {
    const path = `/workspaces/${this.id}/delegations?limit=20`;
    const answer = await this.#parts.wire.call({ method: 'GET', path });
    if (answer.kind === 'answered' && answer.status === 200) {
      for (const row of rowsOf(JSON.parse(answer.text))) {
        this.#saw(row, { from: answer.from, to: answer.to, where: 'list' });
      }
    }
  }

  /** A long poll on one; whoever sees an ending there may fetch it, which counts as being told. */
  async #look(known: Known): Promise<void> {
    const wait = this.#chance.between(0, 1);
    const path = `/workspaces/${this.id}/delegations/${known.id}?wait=${wait}&since=${known.version}`;
    const answer = await this.#parts.wire.call({ method: 'GET', path, waitMs: wait * 1000 });
    if (answer.kind === 'unknown' || answer.status !== 200) {
      return;
    }
    const body = bodyOf(answer);
    this.#saw(body, { from: answer.from, to: answer.to, where: 'detail' });
    known.version = Math.max(known.version, Number(body['version']));
    known.isOver = isOver(body['status'] as DelegationStatus);
    if (body['status'] === 'completed' && body['batch_id'] === undefined && this.#chance.once(0.5)) {
      await this.#fetch(known.id);
      this.#end(known.id);
    }
  }

  #saw(row: Json, seen: { from: number; to: number; where: 'detail' | 'list' | 'notice' }): void {
    const result = row['result'] as Json | undefined;
    this.#parts.history.sightings.push({
      ...{ client: this.id, id: wordOf(row['delegation_id']), status: row['status'] as DelegationStatus, ...seen },
      version: typeof row['version'] === 'number' ? row['version'] : null,
      sha256: result === undefined ? null : wordOf(result['sha256']),
    });
  }
}
