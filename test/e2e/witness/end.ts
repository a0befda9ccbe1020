/**
 * What is read when everything is over: each accepted delegation, every list to its last page, what the inboxes still
 * hold, and whether the log's chain of hashes holds.
 */
import type { Final, History } from './history.ts';
import { bodyOf, type DelegationStatus, type Json, pause, rowsOf, type Wire, wordOf } from './wire.ts';

/** Longer than a lease on a notice, so that nothing hides behind one. */
const LEASE_MS = 1200;

export interface Ended {
  history: History;
  wire: Wire;
  clients: readonly { id: string }[];
}

export async function readEnd({ history, wire, clients }: Ended): Promise<void> {
  await Promise.all(clients.map(async ({ id }) => readLists(history, wire, id)));
  const accepted = new Map<string, string>();
  for (const { outcome, ids, client } of history.submissions) {
    for (const id of outcome === 'answered' ? ids : []) {
      accepted.set(id, client);
    }
  }
  const waiting = accepted.entries();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const [id, client] of waiting) {
        const final = await readFinal(wire, client, id);
        if (final !== undefined) {
          history.finals.push(final);
        }
      }
    }),
  );
  await pause(LEASE_MS);
  await Promise.all(clients.map(async ({ id }) => readLeft(history, wire, id)));
  const [first] = clients;
  const audit = await wire.insist({ method: 'GET', path: `/workspaces/${first?.id ?? ''}/audit?verify=1&limit=1` });
  history.chainHolds = bodyOf(audit)['chain_valid'] === true;
}

async function readLists(history: History, wire: Wire, client: string): Promise<void> {
  let path: string | undefined = `/workspaces/${client}/delegations?limit=200`;
  while (path !== undefined) {
    const answer = await wire.insist({ method: 'GET', path });
    for (const row of rowsOf(JSON.parse(answer.text))) {
      history.listed.push({ client, id: wordOf(row['delegation_id']) });
    }
    const next = /<https?:\/\/[^/]+(?<path>[^>]*)>; rel="next"/u.exec(answer.headers.link);
    path = next?.groups?.['path'];
  }
}

async function readFinal(wire: Wire, client: string, id: string): Promise<Final | undefined> {
  const answer = await wire.insist({ method: 'GET', path: `/workspaces/${client}/delegations/${id}` });
  if (answer.status !== 200) {
    return undefined;
  }
  const body = bodyOf(answer);
  const result = body['result'] as Json | undefined;
  return {
    ...{ client, id, status: body['status'] as DelegationStatus, version: Number(body['version']) },
    sha256: result === undefined ? null : wordOf(result['sha256']),
    events: rowsOf(body['events']).map(({ n, type }) => ({ n: Number(n), type: wordOf(type) })),
  };
}

async function readLeft(history: History, wire: Wire, client: string): Promise<void> {
  const answer = await wire.insist({ method: 'GET', path: `/workspaces/${client}/inbox?limit=100` });
  for (const notice of rowsOf(JSON.parse(answer.text))) {
    history.left.push({ client, notice: wordOf(notice['id']) });
  }
}
