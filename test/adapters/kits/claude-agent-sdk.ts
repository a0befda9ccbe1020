/** The Claude Agent SDK: its in-process MCP server, and the client of a session connected to it in memory. */
import { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { STEPS_MAX, type Answered, type Model, type Move } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/claude-agent-sdk.ts';
import type { Json } from '../../../src/tools/index.ts';
import type { Kit } from '../kit.ts';

export const claudeAgentSdk: Kit = {
  name: 'Claude Agent SDK',
  dropsUnknown: true,
  showsAs: ({ additionalProperties: _closed, ...schema }) => ({
    ...schema,
    $schema: 'http://json-schema.org/draft-07/schema#',
  }),
  async run(context, model, signal) {
    const { instance } = createSdkMcpServer({ name: 'errand', tools: tools(context, { tool }) });
    const client = new Client({ name: 'session', version: '1.0.0' });
    const [own, other] = InMemoryTransport.createLinkedPair();
    await Promise.all([instance.connect(own), client.connect(other)]);
    try {
      return await converse(client, model, signal);
    } finally {
      await client.close();
    }
  },
};

async function converse(client: Client, model: Model, signal: AbortSignal | undefined): Promise<string> {
  const listed = await client.listTools();
  const shown = listed.tools.map(({ name, description = '', inputSchema }) => ({
    ...{ name, description },
    schema: inputSchema as Json,
  }));
  const answers: Answered[] = [];
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const move = model({ tools: shown, answers });
    if ('say' in move) {
      return move.say;
    }
    answers.push(await called(client, move, signal));
  }
  throw new Error('The model never said anything.');
}

async function called(
  client: Client,
  { call: name, id, input }: Exclude<Move, { say: string }>,
  signal: AbortSignal | undefined,
): Promise<Answered> {
  const asked = { name, arguments: input, _meta: { 'claudecode/toolUseId': id } };
  const { content, isError } = await client.callTool(asked, undefined, signal === undefined ? {} : { signal });
  const texts = (content as { type: string; text?: string }[]).map(({ text = '' }) => text);
  return { text: texts.join('\n'), isError: isError === true };
}
