/**
 * What we read from a peer's agent card: where to send, in which version, and whether it streams.
 *
 * A card is a claim of the peer. It chooses a way to speak, never a right; its addresses pass the guard like any other.
 */
import { asRecord, type Json, listAt, member, recordAt, textAt } from './json.ts';
import type { Version } from './dialect.ts';

export interface Interface {
  version: Version;
  url: string;
  tenant?: string;
}

/** The first JSON-RPC interface of 1.x, in the order of the card; otherwise undefined. */
export function v1InterfaceOf(card: Json): Interface | undefined {
  for (const entry of listAt(card, 'supportedInterfaces')) {
    const found = asRecord(entry);
    if (found !== undefined && isV1(found)) {
      const tenant = textAt(found, 'tenant');
      const url = textAt(found, 'url') ?? '';
      return { version: '1.0', url, ...(tenant === undefined || tenant === '' ? {} : { tenant }) };
    }
  }
  return undefined;
}

function isV1(entry: Json): boolean {
  const isJsonRpc = textAt(entry, 'protocolBinding') === 'JSONRPC' && (textAt(entry, 'url') ?? '') !== '';
  return isJsonRpc && /^1(?:\.|$)/u.test(textAt(entry, 'protocolVersion') ?? '');
}

export function canStream(card: Json): boolean {
  const capabilities = recordAt(card, 'capabilities');
  return capabilities !== undefined && member(capabilities, 'streaming') === true;
}

/** Whether a JSON value is a card at all: it has a name and says where it is served. */
export function isCard(value: unknown): value is Json {
  const card = asRecord(value);
  if (card === undefined || (textAt(card, 'name') ?? '') === '') {
    return false;
  }
  return textAt(card, 'url') !== undefined || listAt(card, 'supportedInterfaces').length > 0;
}

/** The address of the JSON-RPC interface that a card of either version names. */
export function addressIn(card: Json): string | undefined {
  return v1InterfaceOf(card)?.url ?? textAt(card, 'url') ?? firstUrl(card);
}

function firstUrl(card: Json): string | undefined {
  for (const entry of listAt(card, 'supportedInterfaces')) {
    const record = asRecord(entry);
    if (record !== undefined && textAt(record, 'protocolBinding') === 'JSONRPC') {
      return textAt(record, 'url');
    }
  }
  return undefined;
}
