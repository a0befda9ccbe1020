/**
 * What a modern client says about itself with every request, in the parameters' `_meta`.
 */
import type { ClientCapabilities } from '@modelcontextprotocol/server';
import { fieldsOf } from './fields.ts';

const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';

/** Of a `_meta`, or of what the SDK has lifted out of it. */
export function capabilitiesIn(meta: unknown): ClientCapabilities | undefined {
  const capabilities = fieldsOf(meta)[CAPABILITIES_KEY];
  return typeof capabilities === 'object' && capabilities !== null ? (capabilities as ClientCapabilities) : undefined;
}
