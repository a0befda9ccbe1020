/**
 * MCP over a pipe: the SDK decides from the first message which era the other end speaks, and serves that.
 *
 * Between it and the pipe stands one thing of ours: subscriptions of the modern era, which the SDK would serve without
 * tasks. One process has one caller, so there is nothing here to keep apart.
 */
import type { Server, Transport } from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { Listening } from './listening.ts';
import { ListeningPipe } from './listening-pipe.ts';
import type { Connection } from './method.ts';
import type { Caller, Changed, Era, McpParts, Surface } from './parts.ts';
import { delegationOfUri } from './resources.ts';
import { serverOf } from './server.ts';
import { surfaceOf } from './surface.ts';

const BUFFER_BYTES_MAX = 16 * 1024 * 1024;

export interface Pipe {
  close: () => Promise<void>;
  /** Settles when the other end has gone. */
  closed: Promise<unknown>;
}

export function serveMcpOverStdio(parts: McpParts, caller: Caller, transport?: Transport): Pipe {
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<undefined>();
  const connection: Connection = {
    id: `mcp_${parts.ids.random()}`,
    seen: new Map(),
    subscribed: new Set(),
    onSubscribed: () => {},
  };
  const older: { server: Server | undefined } = { server: undefined };
  const announce = (changed: Changed): void => {
    listening.announce(changed);
    tell(older.server, connection, changed);
  };
  const surfaces: Record<Era, Surface> = {
    modern: surfaceOf(parts, 'modern', announce),
    legacy: surfaceOf(parts, 'legacy', announce),
  };
  const listening = new Listening(parts, surfaces.modern.capabilities);
  const leave = parts.watch(caller, (id) => {
    const uris = [...connection.subscribed].filter((uri) => delegationOfUri(uri)?.id === id);
    for (const uri of uris) {
      tell(older.server, connection, { uri });
    }
  });
  const ears = {
    listening,
    caller,
    onClosed() {
      leave();
      onClosed(undefined);
    },
  };
  const pipe = transport ?? new StdioServerTransport(undefined, undefined, { maxBufferSize: BUFFER_BYTES_MAX });
  const served = serveStdio(
    ({ era }) => {
      const server = serverOf(parts, surfaces[era], () => ({ caller, connection }));
      older.server = era === 'legacy' ? server : older.server;
      return server;
    },
    { transport: new ListeningPipe(pipe, ears) },
  );
  return {
    closed,
    async close() {
      listening.close();
      await served.close();
    },
  };
}

/** In the older era, where nobody listens by a request of its own. */
function tell(server: Server | undefined, { subscribed }: Connection, changed: Changed): void {
  const isList = typeof changed !== 'object';
  if (server === undefined || (!isList && !subscribed.has(changed.uri))) {
    return;
  }
  const said = isList
    ? { method: `notifications/${changed}/list_changed` }
    : { method: 'notifications/resources/updated', params: { uri: changed.uri } };
  // A pipe that is closing is not told any more.
  server.notification(said).catch(() => {});
}
