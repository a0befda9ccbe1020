/**
 * The SDK's server for one era, with our methods in it: it frames, validates, and knows what each revision allows.
 *
 * One server serves every request without a handshake, whoever sends it; a session has one of its own. Who calls is
 * looked up by the id under which the transport handed the request in, never read from the request.
 */
import { Server, type ClientCapabilities, type RequestId, type ServerContext } from '@modelcontextprotocol/server';
import { capabilitiesIn } from './envelope.ts';
import type { Connection, McpCall, Method } from './method.ts';
import { implementationOf, type Caller, type McpParts, type Surface } from './parts.ts';
import { refusalOf } from './refusal.ts';

export const MODERN_REVISION = '2026-07-28';

/** Who sent the request that has this id on this transport. */
export type WhoOf = (id: RequestId) => { caller: Caller; connection: Connection | undefined };

export function serverOf(parts: McpParts, surface: Surface, whoOf: WhoOf): Server {
  const { era, capabilities, methods } = surface;
  const server = new Server(implementationOf(parts), {
    capabilities,
    instructions: parts.instructions,
    ...(era === 'modern' ? { supportedProtocolVersions: [MODERN_REVISION] } : {}),
  });
  const callOf = (context: ServerContext): McpCall => ({
    era,
    ...whoOf(context.mcpReq.id),
    capabilities: capabilitiesOf(server, context),
    request: context.mcpReq,
    context,
  });
  for (const [name, method] of methods) {
    serve(parts, server, { name, method, callOf });
  }
  return server;
}

interface Served {
  name: string;
  method: Method;
  callOf: (context: ServerContext) => McpCall;
}

function serve(parts: McpParts, server: Server, { name, method, callOf }: Served): void {
  server.setRequestHandler(name, { params: method.params }, async (params, context) => {
    try {
      return await method.answer(params as never, callOf(context));
    } catch (error) {
      throw refusalOf(error, parts.onFault);
    }
  });
}

/** With every request in the modern era; in the other it is said once, in the handshake. */
function capabilitiesOf(server: Server, { mcpReq }: ServerContext): ClientCapabilities | undefined {
  return mcpReq.envelope === undefined ? server.getClientCapabilities() : capabilitiesIn(mcpReq.envelope);
}
