/**
 * One server for the bench of tools, in a process of its own: `ours`, the product's HTTP stack, or `sdk`, a plain one as
 * the SDK's documentation shows it. Both have the same tool, by the same schemas. It says where it serves.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { TOOLS, schemasOf, tool } from '../src/tools/index.ts';
import { openMcpStage } from '../test/protocol/mcp/stage.ts';

const echo = tool({
  name: 'echo',
  title: 'Echo',
  short: 'Says it again.',
  whenToUse: 'In the bench.',
  section: 'delegation',
  waits: false,
  example: { said: 'hello' },
  input: z.object({ said: z.string() }),
  output: z.object({ said: z.string() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (_context, { said }) => ({ said }),
});

const tools = [...TOOLS, echo];

async function ours(): Promise<string> {
  return `${(await openMcpStage({ tools })).url}/mcp`;
}

/** A server for each request, as it is meant there; the schemas are made once. */
async function sdk(): Promise<string> {
  const listed = tools.map((spec) => ({
    name: spec.name,
    inputSchema: { type: 'object' as const, ...schemasOf(spec).input },
  }));
  const handler = createMcpHandler(() => {
    const server = new Server({ name: 'plain', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools: listed }));
    server.setRequestHandler('tools/call', ({ params }) => {
      const { said } = echo.input.parse(params.arguments);
      return { content: [{ type: 'text', text: JSON.stringify({ said }) }], structuredContent: { said } };
    });
    return server;
  });
  // Node says that a request may have no method; the ones that a server is given have one.
  const serve = toNodeHandler(handler) as unknown as RequestListener;
  const server = createServer(serve);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const serving = process.argv[2] === 'sdk' ? sdk : ours;
console.log(await serving());
// How much of the processor it has used, in milliseconds: what else runs on the machine does not change that.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1000);
});
process.once('disconnect', () => process.exit(0));
