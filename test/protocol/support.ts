/**
 * A platform in this process on a port and a folder of its own, the calls a test makes to it, and peers to delegate to.
 *
 * Everything opened here is closed by `close`. Waiting is always for a condition, with a bound that names it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig, startPlatform, systemClock, type Platform } from '../../src/server/index.ts';
import { scriptedPeer, type Behave, type ScriptedPeer } from '../../src/testing/scripted-peer.ts';

/** What our answers hold; which of it is there, a test says. */
export interface Fields {
  [name: string]: unknown;
  id: string;
  status: string;
  error: string;
  code: string;
  reason: string;
  token: string;
  delegation_id: string;
  target_id: string;
  response_preview: string;
  version: number;
  epoch: number;
  attempt_token: string;
  result: Fields & { text: string; length: number; sha256: string };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Fields;
  rows: Fields[];
}

export interface Said {
  body?: unknown;
  /** As it stands, instead of `body`. */
  raw?: string | Uint8Array;
  token?: string | undefined;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface House {
  platform: Platform;
  url: string;
  data: string;
  call: (method: string, path: string, said?: Said) => Promise<Answer>;
  /** A peer that speaks A2A and does as it is told; closed with the house. */
  peer: (behave: Behave) => Promise<ScriptedPeer>;
  /** Registers a workspace, with a peer behind it if one is given. */
  seat: (id: string, more?: Record<string, unknown>) => Promise<Fields>;
  /** Delegates and answers with the receipt. */
  delegate: (caller: string, target: string, more?: Record<string, unknown>) => Promise<Fields>;
  /** The delegation once it has its ending. */
  ended: (caller: string, id: string) => Promise<Fields>;
  /** The last line of the log, and what is there: nothing was written if it stays the same. */
  state: () => { seq: number; delegations: number; workspaces: number; keys: number; unexpected: string[] };
  close: () => Promise<void>;
}

const QUICK = {
  DELEGATION_RETRY_DELAY: '0.005',
  ERRAND_BACKOFF_MOST_MS: '20',
  ERRAND_CIRCUIT_FAILURES: '1000',
};

export async function openHouse(
  wishes: { open?: boolean; data?: string; environment?: Record<string, string> } = {},
): Promise<House> {
  const data = wishes.data ?? mkdtempSync(join(tmpdir(), 'errand-protocol-'));
  const open = wishes.open ?? true;
  const platform = await startPlatform(readConfig({ port: 0, data, open }, { ...QUICK, ...wishes.environment }));
  const peers: ScriptedPeer[] = [];
  const log = wishes.environment?.['DATABASE_URL'] === undefined ? openLog(data) : undefined;
  const call: House['call'] = async (method, path, said) =>
    send(`${platform.url}${path}`, method, { token: platform.operatorKey, ...said });
  return {
    platform,
    url: platform.url,
    data,
    call,
    async peer(behave) {
      const peer = await scriptedPeer({ clock: systemClock, behave });
      peers.push(peer);
      return peer;
    },
    async seat(id, more) {
      const made = await call('POST', '/workspaces', { body: { id, name: id, ...more } });
      assert.equal(made.status, 201, made.text);
      return made.body;
    },
    async delegate(caller, target, more) {
      const body = { target_id: target, task: 'do it', ...more };
      const said = await call('POST', `/workspaces/${caller}/delegate`, { body });
      assert.ok(said.status === 202 || said.status === 200, said.text);
      return said.body;
    },
    ended: async (caller, id) => ended(call, caller, id),
    state() {
      assert.ok(log !== undefined, 'the log of a database is not looked at from beside');
      return stateOf(log);
    },
    async close() {
      log?.close();
      await platform.close();
      await Promise.all(peers.map((peer) => peer.close()));
      if (wishes.data === undefined) {
        rmSync(data, { recursive: true, force: true });
      }
    },
  };
}

function openLog(data: string): DatabaseSync {
  return new DatabaseSync(join(data, 'errand.db'), { readOnly: true });
}

export async function send(url: string, method: string, said: Said = {}): Promise<Answer> {
  const { body, raw, token, headers, signal } = said;
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method,
    headers: {
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    redirect: 'manual',
    ...(content === undefined ? {} : { body: content }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const parsed = (response.headers.get('content-type') ?? '').startsWith('application/json') ? parse(text) : {};
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: parsed as Fields,
    rows: Array.isArray(parsed) ? (parsed as Fields[]) : [],
  };
}

function parse(text: string): unknown {
  return text === '' ? {} : JSON.parse(text);
}

async function ended(call: House['call'], caller: string, id: string): Promise<Fields> {
  let since = 0;
  for (let looks = 0; looks < 200; looks += 1) {
    const { status, body, text } = await call('GET', `/workspaces/${caller}/delegations/${id}?wait=20&since=${since}`);
    assert.equal(status, 200, text);
    if (['completed', 'failed', 'cancelled'].includes(body.status)) {
      return body;
    }
    since = body.version;
  }
  throw new Error(`${id} has no ending.`);
}

/** Refusals of access may be noted in the log; everything else counts. */
function stateOf(log: DatabaseSync): ReturnType<House['state']> {
  const number = (sql: string): number => Number(Object.values(log.prepare(sql).get() ?? {})[0]);
  const types = log.prepare(`SELECT DISTINCT type FROM event WHERE type <> 'access.denied' ORDER BY 1`).all();
  return {
    seq: number(`SELECT coalesce(max(seq), 0) FROM event WHERE type <> 'access.denied'`),
    delegations: number('SELECT count(*) FROM delegation'),
    workspaces: number('SELECT count(*) FROM workspace'),
    keys: number('SELECT count(*) FROM api_key'),
    unexpected: types.map(({ type }) => String(type)),
  };
}

/** Looks again and again until something is there. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  looksMax = 1500,
) {
  for (let looks = 0; looks < looksMax; looks += 1) {
    const found = await look();
    if (found !== undefined && found !== false) {
      return found;
    }
    await pause(10);
  }
  throw new Error(`It never came to this: ${what}.`);
}

/** Raw bytes to the platform and everything it says until it, or we, hang up. */
export async function rawExchange(
  house: House,
  bytes: string | Uint8Array,
  enough: (heard: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1', () => socket.write(bytes));
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (enough(heard)) {
        socket.destroy();
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') {
        reject(error);
      }
    });
    socket.on('close', () => resolve(heard));
    socket.setTimeout(20_000, () => socket.destroy(new Error('The platform said nothing for 20 s.')));
  });
}
