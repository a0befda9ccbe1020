/**
 * The MCP face inside the platform: its tools work through the platform's own routes, and it hears of changes from the
 * same commits as everybody else.
 */
import type { Line } from '../flow/index.ts';
import { endpointOf, type Caller, type Endpoint, type McpParts } from '../mcp/index.ts';
import { instructionsOf, TOOLS } from '../tools/index.ts';
import { mcpLog } from './mcp-log.ts';
import type { Gateway } from './gateway.ts';

type Serving = Pick<Gateway, 'line' | 'version' | 'onFault'>;

/** `more` adds to what is served. */
export async function openMcp(gateway: Serving, more: Partial<McpParts> = {}): Promise<Endpoint> {
  const { line, version, onFault } = gateway;
  return endpointOf({
    tools: TOOLS,
    instructions: instructionsOf(TOOLS),
    version,
    clock: line.clock,
    ids: line.ids,
    onFault,
    watch: watchOver(line),
    log: mcpLog(line),
    ...more,
  });
}

export function watchOver({ hub }: Pick<Line, 'hub'>): McpParts['watch'] {
  return ({ desk }: Caller, onChange) =>
    hub.onWorkspace(desk.workspace, ({ delegationId: id }) => {
      if (id !== null) {
        onChange(id);
      }
    });
}
