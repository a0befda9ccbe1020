/**
 * The events of a platform, or of one seat, as a command follows them: what goes wrong is told in its words.
 *
 * A platform that was never there, and one that refuses, end it; one that goes away is waited for.
 */
import { follow as followLog, type LoggedEvent } from '../runtime/follow.ts';
import { systemClock } from '../server/clock.ts';
import type { Client } from './client.ts';
import { EXIT, Failure } from './failure.ts';

const AGAIN_MS = 1000;

export interface Following {
  /** Of this seat alone; else of everything. */
  workspace?: string;
  signal: AbortSignal;
  onOpen?: () => void;
  onLost?: (why: string) => void;
}

export function follow(client: Client, { workspace, signal, onOpen, onLost }: Following): AsyncGenerator<LoggedEvent> {
  let wasOpen = false;
  return followLog({
    clock: systemClock,
    signal,
    onLost,
    onOpen: () => {
      wasOpen = true;
      onOpen?.();
    },
    open: async (after, either) => openStream(client, { workspace, after, signal: either }),
    againMs: (error) => {
      if (!wasOpen || isRefused(error)) {
        throw error;
      }
      return AGAIN_MS;
    },
  });
}

export interface Opening {
  workspace: string | undefined;
  after: number | undefined;
  signal: AbortSignal;
}

export async function openStream(client: Client, { workspace, after, signal }: Opening): Promise<Response> {
  const path = workspace === undefined ? '/events/stream' : client.seat('/events/stream', workspace);
  const response = await client.open(path, {
    method: 'GET',
    headers: { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': String(after) }) },
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

function isRefused(error: unknown): boolean {
  return error instanceof Failure && error.fault.exit === EXIT.refused;
}
