/**
 * The two forms of `errand watch`: a picture on a terminal, a line per event elsewhere.
 */
import type { Client } from './client.ts';
import { eventWords } from './event-words.ts';
import { EXIT, type Exit } from './failure.ts';
import { untilInterrupted } from './interrupted.ts';
import { LiveView } from './live-view.ts';
import type { Out } from './out.ts';
import type { LoggedEvent } from '../runtime/follow.ts';
import { follow } from './stream.ts';

interface Watching {
  workspace?: string;
  out: Out;
}

export async function watchLines(client: Client, { workspace, out }: Watching): Promise<Exit> {
  const stop = untilInterrupted();
  const events = follow(client, {
    ...(workspace === undefined ? {} : { workspace }),
    signal: stop,
    onOpen: () => out.aside(`watching ${workspace ?? 'everything'} at ${client.url}`),
    onLost: (why) => out.aside(`connection lost (${why}); trying again`),
  });
  for await (const event of events) {
    out.line(event, lineOf(event));
  }
  return EXIT.done;
}

export async function watchLive(client: Client, { workspace, out }: Watching): Promise<Exit> {
  const stop = untilInterrupted();
  const view = new LiveView(client, { out, signal: stop, ...(workspace === undefined ? {} : { workspace }) });
  return view.run();
}

function lineOf(event: LoggedEvent): string {
  const time = event.at.slice(11, 23);
  const who = event.peer_id === undefined ? event.workspace_id : `${event.workspace_id} / ${event.peer_id}`;
  return [time, event.type.padEnd(24), event.delegation_id ?? '', who, eventWords(event)]
    .filter((word) => word !== '')
    .join('  ');
}
