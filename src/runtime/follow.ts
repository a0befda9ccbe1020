/**
 * Follows a log of events by SSE, and comes back by itself after the last one it has read.
 *
 * A lost connection costs nothing but time: the log is read on from there, no event missed and none given twice. A
 * stream that is silent for longer than its heartbeats allow is lost too, and so is one that says what is no event.
 * What a stream may cost is bounded.
 */
import type { Clock } from '../core/ports/index.ts';
import { pause } from './pause.ts';
import { Silence } from './silence.ts';

/** The platform beats every 15 s. */
const SILENT_MS = 25_000;
/** What ends sooner has not come back yet. */
const LASTED_MS = 5000;
/** More than the platform would keep for a slow reader. */
const BLOCK_CHARACTERS_MAX = 2 * 1024 * 1024;

export interface LoggedEvent {
  seq: number;
  id: string;
  type: string;
  at: string;
  workspace_id: string;
  peer_id?: string;
  delegation_id?: string;
  /** Its place in the history of the delegation, from 1 on. */
  n?: number;
  actor: string;
  data: Record<string, unknown>;
}

export interface Following {
  clock: Clock;
  signal: AbortSignal;
  /** What comes after this event, or only what happens from now on; throws where it is not given. */
  open: (after: number | undefined, signal: AbortSignal) => Promise<Response>;
  /** Resume after this event. */
  after?: number | undefined;
  /** How long until the next try; `tries` counts those since it last was open for a while. Throws to give up. */
  againMs: (error: unknown, tries: number) => number;
  onOpen?: (() => void) | undefined;
  onLost?: ((why: string) => void) | undefined;
  /** Told of how far it has read, also where that is no event. */
  onRead?: ((last: number) => void) | undefined;
}

export async function* follow(following: Following): AsyncGenerator<LoggedEvent> {
  const { signal, clock } = following;
  let last = following.after;
  let tries = 0;
  while (!signal.aborted) {
    let openedAt = Infinity;
    const line = new AbortController();
    const either = AbortSignal.any([signal, line.signal]);
    let lost: unknown = new Error('the stream ended');
    try {
      const response = await following.open(last, either);
      openedAt = clock.now();
      following.onOpen?.();
      for await (const { id, event } of blocksOf(response, { clock, line })) {
        const isNew = event === undefined || event.seq > (last ?? -1);
        last = id ?? last;
        if (last !== undefined) {
          following.onRead?.(last);
        }
        if (event !== undefined && isNew) {
          yield event;
        }
      }
    } catch (error) {
      lost = error;
    } finally {
      line.abort();
    }
    if (signal.aborted) {
      return;
    }
    tries = clock.now() - openedAt > LASTED_MS ? 1 : tries + 1;
    const ms = following.againMs(lost, tries);
    following.onLost?.(lost instanceof Error ? lost.message : String(lost));
    await pause(clock, ms, signal);
  }
}

interface Block {
  id: number | undefined;
  /** Undefined for heartbeats and for what is no event of the log: such have a name of their own, as `gap`. */
  event: LoggedEvent | undefined;
}

async function* blocksOf(
  response: Response,
  { clock, line }: { clock: Clock; line: AbortController },
): AsyncGenerator<Block> {
  const watch = new Silence(clock, SILENT_MS, () => line.abort(new Error('the stream fell silent')));
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body ?? []) {
      watch.heard();
      rest += decoder.decode(chunk, { stream: true });
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      if (rest.length > BLOCK_CHARACTERS_MAX) {
        throw new Error('the stream sends what is no event');
      }
      for (const block of blocks) {
        yield blockOf(block.split('\n'));
      }
    }
  } finally {
    watch.end();
  }
}

function blockOf(lines: readonly string[]): Block {
  const data = valuesOf(lines, 'data');
  const isNamed = valuesOf(lines, 'event').length > 0;
  const id = valuesOf(lines, 'id').at(-1);
  return {
    id: id !== undefined && /^\d{1,15}$/u.test(id) ? Number(id) : undefined,
    event: data.length === 0 || isNamed ? undefined : eventIn(data.join('\n')),
  };
}

function eventIn(text: string): LoggedEvent {
  const event = JSON.parse(text) as Partial<LoggedEvent> | null;
  if (typeof event?.seq !== 'number' || typeof event.type !== 'string' || typeof event.data !== 'object') {
    throw new TypeError('the stream sends what is no event');
  }
  return event as LoggedEvent;
}

function valuesOf(lines: readonly string[], field: string): string[] {
  return lines
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).replace(/^ /u, ''));
}
