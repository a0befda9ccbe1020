/**
 * Follows the events of a platform, or of one seat, by SSE; comes back by itself after the last one it has seen.
 *
 * A lost connection costs nothing but time: the log is read on from there, without a gap. Whoever follows may be told
 * when the connection goes and comes.
 */
import type { Client } from './client.ts';
import { EXIT, Failure } from './failure.ts';
import { pause } from './pause.ts';
import type { EventLine } from './shapes.ts';

const AGAIN_MS = 1000;

export interface Following {
  /** Of this seat alone; else of everything. */
  workspace?: string;
  signal: AbortSignal;
  /** Resume after this event. */
  after?: number;
  onOpen?: () => void;
  onLost?: (why: string) => void;
}

export async function* follow(client: Client, following: Following): AsyncGenerator<EventLine> {
  const { signal } = following;
  let last = following.after;
  let wasOpen = false;
  while (!signal.aborted) {
    try {
      const response = await connect(client, following, last);
      wasOpen = true;
      following.onOpen?.();
      for await (const event of eventsIn(response)) {
        last = event.seq;
        yield event;
      }
      following.onLost?.('the stream ended');
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (!wasOpen || (error instanceof Failure && error.fault.exit === EXIT.refused)) {
        throw error;
      }
      following.onLost?.(error instanceof Error ? error.message : String(error));
    }
    await pause(AGAIN_MS, signal);
  }
}

async function connect(client: Client, following: Following, last: number | undefined): Promise<Response> {
  const { workspace, signal } = following;
  const path = workspace === undefined ? '/events/stream' : client.seat('/events/stream', workspace);
  const response = await client.open(path, {
    method: 'GET',
    headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': String(last) }) },
    signal,
  });
  if (!response.ok) {
    const said = (await response.json().catch(() => ({}))) as { error?: string; code?: string; fix?: string };
    throw new Failure({
      code: said.code ?? `http_${response.status}`,
      message: said.error ?? `the stream answered ${response.status}`,
      ...(said.fix === undefined ? {} : { fix: said.fix }),
      exit: response.status < 500 ? EXIT.refused : EXIT.unreachable,
    });
  }
  return response;
}

async function* eventsIn(response: Response): AsyncGenerator<EventLine> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) {
        yield event;
      }
    }
  }
}

/** Undefined for heartbeats and for what is no event of the log, such as `gap`. */
function eventOf(block: string): EventLine | undefined {
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event: gap')) {
      return undefined;
    }
    if (line.startsWith('data:')) {
      data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    }
  }
  return data.length === 0 ? undefined : (JSON.parse(data.join('\n')) as EventLine);
}
