/**
 * The MCP face inside the platform: its tools work through the platform's own routes, and it hears of changes from the
 * same commits as everybody else.
 */
import { endpointOf, type Caller, type Endpoint, type McpParts } from '../mcp/index.ts';
import { TOOLS } from '../tools/index.ts';
import type { Gateway } from './gateway.ts';

/** Clients cut them at 2 KB. */
const INSTRUCTIONS_CHARACTERS_MAX = 2000;

type Serving = Pick<Gateway, 'line' | 'version' | 'onFault'>;

/** `more` adds to what is served. */
export async function openMcp(gateway: Serving, more: Partial<McpParts> = {}): Promise<Endpoint> {
  const { line, version, onFault } = gateway;
  return endpointOf({
    tools: TOOLS,
    instructions: instructions(),
    version,
    clock: line.clock,
    ids: line.ids,
    onFault,
    watch: ({ desk }: Caller, onChange) =>
      line.hub.onWorkspace(desk.workspace, ({ delegationId: id }) => {
        if (id !== null) {
          onChange(id);
        }
      }),
    ...more,
  });
}

function instructions(): string {
  const lines = TOOLS.map(({ name, short }) => `- ${name}: ${short}`);
  return [
    'Errand hands tasks to other agents (peers) and brings back what they answer.',
    'Delegate and carry on: an ending comes by itself. A busy peer queues a task; that is no failure.',
    ...lines,
  ]
    .join('\n')
    .slice(0, INSTRUCTIONS_CHARACTERS_MAX);
}
