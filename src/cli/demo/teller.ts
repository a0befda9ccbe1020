/**
 * Tells the story while it happens: one line each, with the time since its beginning.
 *
 * Events come over the stream like to anybody else, and an event may be faster than the answer to the call that caused
 * it; it is kept until its delegation has a name.
 */
import { systemClock } from '../../server/index.ts';
import type { Out } from '../out.ts';
import { oneLine, type Colour } from '../paint.ts';
import type { LoggedEvent } from '../../runtime/follow.ts';
import { span } from '../words.ts';

export class Teller {
  readonly #out: Out;
  readonly #began = systemClock.now();
  readonly #names = new Map<string, string>();
  readonly #early = new Map<string, LoggedEvent[]>();
  readonly #startedAt = new Map<string, number>();
  #last = 0;

  constructor(out: Out) {
    this.#out = out;
  }

  get elapsedMs(): number {
    return systemClock.now() - this.#began;
  }

  chapter(title: string): void {
    if (!this.#out.json) {
      this.#out.raw(`\n${this.#out.paint('bold', title)}\n`);
    }
  }

  /** `data` is what a program reads instead of the words. */
  say(what: string, words: string, data: Record<string, unknown> = {}): void {
    this.#tell(this.elapsedMs, { what, data, words });
  }

  /** From here on events speak of it by this name. */
  name(id: string, name: string): void {
    this.#names.set(id, name);
    const held = this.#early.get(id) ?? [];
    this.#early.delete(id);
    for (const event of held) {
      this.hear(event);
    }
  }

  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  hear(event: LoggedEvent): void {
    const id = event.delegation_id;
    if (id === undefined || !event.type.startsWith('delegation.')) {
      return;
    }
    if (!this.#names.has(id)) {
      this.#early.set(id, [...(this.#early.get(id) ?? []), event]);
      return;
    }
    const words = this.#wordsFor(event, id);
    if (words !== undefined) {
      const what = event.type.replace('delegation.', '');
      this.#tell(Date.parse(event.at) - this.#began, { what, data: { delegation_id: id, ...event.data }, words });
    }
  }

  #wordsFor(event: LoggedEvent, id: string): string | undefined {
    const { paint } = this.#out;
    const at = Date.parse(event.at);
    const [who, name] = [calleeOf(event), `“${this.nameOf(id)}”`];
    switch (event.type) {
      case 'delegation.dispatched': {
        const attempt = Number(event.data['attempt']);
        this.#startedAt.set(id, at);
        return attempt > 1 ? `${who} gets ${name} again, attempt ${attempt}` : `${who} gets ${name}`;
      }
      case 'delegation.returned':
        return paint(
          'yellow',
          `${who} did not take ${name} (${oneLine(String(event.data['error'] ?? ''), 60)}); it goes back into the queue`,
        );
      case 'delegation.progressed':
        return paint('dim', `${who} on ${name}: ${oneLine(String(event.data['message'] ?? ''), 60)}`);
      case 'delegation.asked':
        return paint('yellow', `${who} asks about ${name}: ${oneLine(String(event.data['question'] ?? ''), 80)}`);
      case 'delegation.settled': {
        const took = span(at - (this.#startedAt.get(id) ?? at));
        const status = String(event.data['status']);
        return paint(statusColour(status), `${who} ${status} ${name} in ${took}`);
      }
      default:
        return undefined;
    }
  }

  #tell(atMs: number, told: { what: string; data: Record<string, unknown>; words: string }): void {
    this.#last = Math.max(this.#last, atMs);
    const time = this.#out.paint('dim', span(this.#last).padStart(7));
    this.#out.line({ at_ms: this.#last, what: told.what, ...told.data }, `${time}  ${told.words}`);
  }
}

/** An event belongs to one side and names the other; the demo has one caller. */
function calleeOf(event: LoggedEvent): string {
  return event.workspace_id === 'lead' ? (event.peer_id ?? '') : event.workspace_id;
}

function statusColour(status: string): Colour {
  return status === 'completed' ? 'green' : 'red';
}
