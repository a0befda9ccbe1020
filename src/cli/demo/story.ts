/**
 * What the lead does in the demo: delegates, goes on, answers when it is asked, reads its inbox and acknowledges.
 *
 * It is an agent like any other and knows the platform by its API alone. It keeps a list of what it was told, which is
 * what the demo is judged by.
 */
import { pause } from '../../runtime/pause.ts';
import { systemClock } from '../../server/clock.ts';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { oneLine } from '../paint.ts';
import type { BatchReceipt, Notice, Receipt, Row } from '../shapes.ts';
import { liveOf } from '../survey.ts';
import { count, span, waiting } from '../words.ts';
import { ANSWER } from './cast.ts';
import type { Teller } from './teller.ts';

export interface Errand {
  id: string;
  callee: string;
  task: string;
  receipt: Receipt;
  batch?: string;
}

const INBOX_SECONDS = 10;
const BREATH_MS = 400;
const LOOK_MS = 20;

export class Story {
  readonly #lead: Client;
  readonly #teller: Teller;
  readonly errands: Errand[] = [];
  readonly notices: Notice[] = [];
  #queue = '';

  constructor(lead: Client, teller: Teller) {
    this.#lead = lead;
    this.#teller = teller;
  }

  async delegateAll(stop: AbortSignal): Promise<void> {
    const teller = this.#teller;
    await this.#recall();
    teller.chapter('One task, handed over and told back');
    const first = await this.#delegate('writer', 'Write a haiku about queues');
    await this.#until(stop, () => this.isTold(first));
    teller.chapter('A busy agent: a place in its queue, never a refusal');
    await this.#delegate('reviewer', 'Review chapter 1');
    await this.#delegate('reviewer', 'Review chapter 2');
    await this.#delegate('reviewer', 'Review chapter 3');
    await this.showQueue();
    await pause(systemClock, BREATH_MS, stop);
    teller.chapter('Meanwhile: a connection that breaks, and a question');
    const broken = await this.#delegate('courier', 'Look up the tide tables');
    await pause(systemClock, BREATH_MS, stop);
    const asked = await this.#delegate('planner', 'Plan a weekend trip');
    await this.#until(stop, () => this.isTold(broken) && this.isTold(asked));
    teller.chapter('A batch: three tasks, told of once');
    await this.#batch([
      { target_id: 'writer', task: 'Summarise the reviews' },
      { target_id: 'courier', task: 'Look up the printer’s hours' },
      { target_id: 'reviewer', task: 'Review the cover' },
    ]);
    await this.#until(stop, () => this.errands.every((errand) => this.isTold(errand)));
  }

  /** What a demo before this one left under way in a folder that was kept goes on by itself. */
  async #recall(): Promise<void> {
    const left = await liveOf(this.#lead, 100);
    for (const { delegation_id: id, task } of left) {
      this.#teller.name(id, `${task}, from before`);
    }
    if (left.length > 0) {
      const ids = left.map(({ delegation_id: id }) => id);
      this.#teller.say('kept', `${count(left.length, 'delegation')} from before, with the same handles, go on`, {
        ids,
      });
    }
  }

  /** Told of its ending, by a notice of its own or by that of its batch. */
  isTold(errand: Errand): boolean {
    return this.endingsOf(errand).length > 0;
  }

  endingsOf({ id, batch }: Errand): Notice[] {
    return this.notices.filter(
      (notice) =>
        (notice.kind === 'settled' && notice.delegation_id === id) ||
        (notice.kind === 'batch' && notice.batch_id === batch && batch !== undefined),
    );
  }

  async #delegate(callee: string, task: string): Promise<Errand> {
    const body = { target_id: callee, task };
    const receipt = await this.#lead.post<Receipt>(this.#lead.seat('/delegate'), body);
    const errand = { id: receipt.delegation_id, callee, task, receipt };
    this.#note(errand);
    return errand;
  }

  async #batch(tasks: { target_id: string; task: string }[]): Promise<void> {
    const receipt = await this.#lead.post<BatchReceipt>(this.#lead.seat('/delegate/batch'), { tasks });
    for (const [index, one] of receipt.delegations.entries()) {
      const [callee, task] = [tasks[index]?.target_id ?? '', tasks[index]?.task ?? ''];
      this.#note({ id: one.delegation_id, callee, task, receipt: one, batch: receipt.batch_id });
    }
  }

  #note(errand: Errand): void {
    const { id, callee, task, receipt } = errand;
    this.errands.push(errand);
    const why = waiting(receipt, 0);
    const state = why === '' ? 'accepted, a slot is free' : `${receipt.state}, ${why}`;
    const data = { delegation_id: id, target_id: callee, task, state: receipt.state, position: receipt.position };
    this.#teller.say('delegated', `lead → ${callee}  “${task}”  ${state}`, data);
    this.#teller.name(id, task);
  }

  /** Who waits for the reviewer, in which place and for how long; told when it has changed. */
  async showQueue(): Promise<void> {
    const asked = { status: 'queued', target_id: 'reviewer', limit: 10 };
    const rows = await this.#lead.get<Row[]>(this.#lead.seat('/delegations'), asked);
    const details = await Promise.all(
      rows.map(async ({ delegation_id: id }) => this.#lead.get<Row>(this.#lead.seat(`/delegations/${id}`))),
    );
    const places = details
      .filter(({ position }) => position !== undefined)
      .toSorted((one, other) => (one.position ?? 0) - (other.position ?? 0))
      .map(({ delegation_id: id, position, eta_ms: eta }) => ({ name: this.#teller.nameOf(id), position, eta }));
    const words = places
      .map(({ name, position, eta }) => `${position}. “${name}”${eta === undefined ? '' : ` in about ${span(eta)}`}`)
      .join(', ');
    // One who waits is no queue yet; from then on every change is told.
    const isQueue = places.length > 1 || (words !== '' && this.#queue !== '');
    if (isQueue && words !== this.#queue) {
      this.#teller.say('queue', `the queue at reviewer: ${words}`, { places });
    }
    this.#queue = isQueue ? words : this.#queue;
  }

  /** The inbox, as an agent reads it: wait, act, acknowledge, and wait again. */
  async readInbox(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const notices = await this.#nextNotices(stop);
      for (const notice of notices) {
        await this.#take(notice);
      }
    }
  }

  async #nextNotices(stop: AbortSignal): Promise<Notice[]> {
    try {
      const path = this.#lead.seat('/inbox');
      const query = { wait: INBOX_SECONDS, limit: 20 };
      return (await this.#lead.call<Notice[]>(path, { method: 'GET', query, signal: stop })).body;
    } catch (error) {
      if (stop.aborted && error instanceof Failure) {
        return [];
      }
      throw error;
    }
  }

  async #take(notice: Notice): Promise<void> {
    const { id, kind, delegation_id: about = '', batch_id: batch } = notice;
    if (kind === 'asked') {
      await pause(systemClock, BREATH_MS);
      await this.#lead.post(this.#lead.seat(`/delegations/${about}/answer`), { text: ANSWER });
      this.#teller.say('answered', `lead answers: ${ANSWER}`, { delegation_id: about, text: ANSWER });
    }
    await this.#lead.post(this.#lead.seat('/inbox/ack'), { ids: [id] });
    if (kind !== 'asked') {
      const data = { notice_id: id, kind, delegation_id: about, batch_id: batch, status: notice.status };
      this.#teller.say('told', `lead is told, and acknowledges: ${this.#wordsOf(notice)}`, data);
    }
    // Only now: whoever waits for the ending goes on with an inbox that is empty of it.
    this.notices.push(notice);
  }

  #wordsOf(notice: Notice): string {
    if (notice.kind === 'batch') {
      const lines = (notice.results ?? []).map(({ result }) => `\n           - ${oneLine(result?.text ?? '', 80)}`);
      return `batch of ${count(notice.results?.length ?? 0, 'task')} ${notice.status ?? ''}, one notice${lines.join('')}`;
    }
    return `“${oneLine(notice.result?.text ?? notice.error ?? '', 80)}”`;
  }

  async #until(stop: AbortSignal, condition: () => boolean): Promise<void> {
    while (!condition()) {
      stop.throwIfAborted();
      await pause(systemClock, LOOK_MS, stop);
    }
  }
}
