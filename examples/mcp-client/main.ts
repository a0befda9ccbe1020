/**
 * An agent that has nothing but a client of MCP. `npm run -s example -- mcp-client`
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Json } from '../../src/tools/index.ts';
import { STEPS_MAX, type Answered, type Shown } from '../script.ts';
import { tell } from '../story.ts';

await tell('MCP client', (desk, url) => {
  const client = new Client({ name: 'example', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const ready = client.connect(new StreamableHTTPClientTransport(new URL(`${url}/workspaces/${desk.workspace}/mcp`)));
  return async (_prompt, model) => {
    await ready;
    const { tools } = await client.listTools();
    const shown = tools.map(({ name, description = '', inputSchema }): Shown => ({
      ...{ name, description },
      schema: inputSchema as Json,
    }));
    const answers: Answered[] = [];
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const move = model({ tools: shown, answers });
      if ('say' in move) {
        return move.say;
      }
      answers.push(await call(client, move.call, move.input));
    }
    throw new Error('The script does not end.');
  };
});

async function call(client: Client, name: string, input: Json): Promise<Answered> {
  const { content, isError } = await client.callTool({ name, arguments: input });
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return { text, isError };
}
