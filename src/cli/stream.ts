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
  /** Told of how far it has read, also where that is no event. */
  onRead?: (last: number) => void;
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
      for await (const block of blocksIn(response)) {
        last = idIn(block) ?? last;
        if (last !== undefined) {
          following.onRead?.(last);
        }
        const event = eventIn(block);
        if (event !== undefined) {
          yield event;
        }
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

async function* blocksIn(response: Response): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      yield block.split('\n');
    }
  }
}

/** A block may say where the log stands and nothing else. */
function idIn(block: readonly string[]): number | undefined {
  const id = valuesOf(block, 'id').at(-1);
  return id !== undefined && /^\d{1,15}$/u.test(id) ? Number(id) : undefined;
}

/** Undefined for heartbeats and for what is no event of the log: such have a name of their own, as `gap`. */
function eventIn(block: readonly string[]): EventLine | undefined {
  const data = valuesOf(block, 'data');
  const isNamed = valuesOf(block, 'event').length > 0;
  return data.length === 0 || isNamed ? undefined : (JSON.parse(data.join('\n')) as EventLine);
}

function valuesOf(block: readonly string[], field: string): string[] {
  return block
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).replace(/^ /u, ''));
}
