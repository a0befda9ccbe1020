/**
 * The live picture: what runs, what waits and why, how the last ones ended.
 *
 * An event says that something changed; the picture is then read anew, at most a few times a second, so that it is
 * never older than the log and never costs more than a reader who looks. Seconds pass by themselves in between.
 */
import { pause } from '../runtime/pause.ts';
import { systemClock } from '../server/index.ts';
import type { Client } from './client.ts';
import { EXIT, type Exit } from './failure.ts';
import type { Out } from './out.ts';
import { oneLine, paintStatus } from './paint.ts';
import type { Detail, Ready, Row, Seat } from './shapes.ts';
import { follow } from './stream.ts';
import { isSettled, liveAt, liveOf, rowsOf, seatsOf } from './survey.ts';
import { since, table, waiting } from './words.ts';

const READ_MS_LEAST = 250;
const DRAW_MS = 1000;
const LIVE_MAX = 60;
const ENDED_MAX = 8;
const SCREEN_ON = '\u001B[?1049h\u001B[?25l';
const SCREEN_OFF = '\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const TO_LINE_END = '\u001B[K';
const TO_SCREEN_END = '\u001B[J';

interface Viewing {
  out: Out;
  signal: AbortSignal;
  workspace?: string;
}

export class LiveView {
  readonly #client: Client;
  readonly #viewing: Viewing;
  #live: Detail[] = [];
  #ended: Row[] = [];
  #seats: Seat[] = [];
  /** How far the platform's clock is from ours. */
  #aheadMs = 0;
  #isStale = true;
  #state = 'connecting';

  constructor(client: Client, viewing: Viewing) {
    this.#client = viewing.workspace === undefined ? client : client.forSeat(viewing.workspace);
    this.#viewing = viewing;
  }

  async run(): Promise<Exit> {
    const { signal, out } = this.#viewing;
    const failed = new AbortController();
    const both = AbortSignal.any([signal, failed.signal]);
    // The first look comes before the screen is taken, so that a refusal is told where it can be read.
    await this.#read();
    out.raw(SCREEN_ON);
    try {
      await Promise.all([this.#listen(both).finally(() => failed.abort()), this.#draw(both)]);
    } finally {
      out.raw(SCREEN_OFF);
    }
    return EXIT.done;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { workspace } = this.#viewing;
    const events = follow(this.#client, {
      signal,
      ...(workspace === undefined ? {} : { workspace }),
      onOpen: () => {
        this.#state = 'live';
        this.#isStale = true;
      },
      onLost: () => {
        this.#state = 'reconnecting';
      },
    });
    for await (const _event of events) {
      this.#isStale = true;
    }
  }

  async #draw(signal: AbortSignal): Promise<void> {
    let drawnAt = 0;
    while (!signal.aborted) {
      const now = systemClock.now();
      if (this.#isStale && this.#state === 'live') {
        await this.#read().catch(() => {
          this.#state = 'reconnecting';
        });
        drawnAt = 0;
      }
      if (now - drawnAt >= DRAW_MS) {
        this.#paint();
        drawnAt = now;
      }
      await pause(systemClock, READ_MS_LEAST, signal);
    }
  }

  async #read(): Promise<void> {
    this.#isStale = false;
    const client = this.#client;
    const { body: ready, at } = await client.call<Ready>('/ready', { method: 'GET' });
    this.#aheadMs = (ready.now === undefined ? at : Date.parse(ready.now)) - systemClock.now();
    this.#seats = client.isForOne ? [] : await seatsOf(client);
    this.#live = client.isForOne ? await liveOf(client, LIVE_MAX) : await liveAt(client, this.#seats, LIVE_MAX);
    const rows = await rowsOf(client, { limit: 50 });
    this.#ended = rows.filter(({ status }) => isSettled(status)).slice(0, ENDED_MAX);
  }

  #paint(): void {
    const { out } = this.#viewing;
    const room = out.rows - 1;
    const lines = this.picture(systemClock.now() + this.#aheadMs).slice(0, room);
    const width = out.columns;
    out.raw(HOME + lines.map((line) => `${cutTo(line, width)}${TO_LINE_END}\n`).join('') + TO_SCREEN_END);
  }

  /** Public for whoever draws it elsewhere. */
  picture(now: number): string[] {
    const { out, workspace } = this.#viewing;
    const { paint } = out;
    const running = this.#live.filter(({ status }) => status === 'dispatched' || status === 'in_progress');
    const waits = this.#live.filter((one) => !running.includes(one)).toReversed();
    const busy = this.#seats.filter((seat) => seat.running > 0 || seat.queued > 0);
    return [
      `${paint('bold', 'errand watch')}  ${workspace ?? 'everything'} at ${this.#client.url}  ${paint('dim', `${this.#state}; Ctrl-C ends`)}`,
      '',
      paint('bold', `running (${running.length})`),
      ...section(running.map((one) => [...head(one), since(one.dispatched_at ?? one.created_at, now), said(one)])),
      '',
      paint('bold', `waiting (${waits.length})`),
      ...section(waits.map((one) => [...head(one), paintStatus(paint, one.status), why(one, now)])),
      '',
      paint('bold', 'ended last'),
      ...section(
        this.#ended.map((row) => [
          ...head(row),
          paintStatus(paint, row.status),
          `${since(row.settled_at, now)} ago`,
          oneLine(row.reason ?? row.summary, 60),
        ]),
      ),
      '',
      ...(busy.length === 0
        ? []
        : [busy.map((seat) => `${seat.id} ${seat.running}/${seat.capacity}+${seat.queued}`).join('   ')]),
    ];
  }
}

function head(one: { delegation_id: string; source_id: string; target_id: string }): string[] {
  return [one.delegation_id, `${one.source_id} → ${one.target_id}`];
}

function said(one: Detail): string {
  const progress = one.progress?.message;
  return oneLine(progress === undefined ? one.task : `${progress} | ${one.task}`, 80);
}

function why(one: Detail, now: number): string {
  return one.question === undefined ? waiting(one, now) : `asks: ${oneLine(one.question, 80)}`;
}

function section(rows: string[][]): string[] {
  return rows.length === 0
    ? ['  nothing']
    : table(rows)
        .split('\n')
        .map((line) => `  ${line}`);
}

const PIECES = /\p{Cc}\[\d+m|./gsu;

/** Colours take no room, and are closed by the end of the line in any case. */
function cutTo(line: string, width: number): string {
  let used = 0;
  const kept = (line.match(PIECES) ?? []).filter((piece) => {
    const isColour = piece.startsWith('\u001B');
    used += isColour ? 0 : 1;
    return isColour || used <= width;
  });
  return kept.join('');
}
