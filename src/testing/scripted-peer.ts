/**
 * An A2A agent that does what it is told to, on a real port, in both versions: for tests, the demo and the bench.
 *
 * It keeps its own ledger of what it carried out, by message id and in order, and tells messages apart: one that it
 * has answered is answered alike again and not done twice (`dedupe: false` turns that off). It speaks raw JSON and
 * knows nothing of our own codecs. Kept-alive sockets and little work for each request, so that it is not what is measured.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Behave, PeerVersion } from './scripted-peer/behaviour.ts';
import type { Ledger } from './scripted-peer/ledger.ts';
import { Script, type ScriptedPeerOptions } from './scripted-peer/script.ts';

export type { Arrival, Behave, Behaviour, PeerVersion, Step } from './scripted-peer/behaviour.ts';
export type { Ledger } from './scripted-peer/ledger.ts';
export type { ScriptedPeerOptions } from './scripted-peer/script.ts';

export interface ScriptedPeer {
  readonly url: string;
  readonly port: number;
  readonly ledger: Ledger;
  /** As it would stand in the callee's row. */
  card(version?: PeerVersion): Record<string, unknown>;
  behave(next: Behave): void;
  close(): Promise<void>;
}

export async function scriptedPeer(options: ScriptedPeerOptions): Promise<ScriptedPeer> {
  const script = new Script(options);
  const server = createServer((request, response) => script.handle(request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  script.url = url;
  return {
    url,
    port,
    ledger: script.stage.ledger,
    card: (version) => script.card(version),
    behave: (next) => {
      script.behave = next;
    },
    close: () => closeAll(server),
  };
}

async function closeAll(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
