/**
 * The product's own HTTP stack in this process, in open mode over a store in memory, with room for what a test adds to
 * what MCP serves.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '../../../src/core/delegation/index.ts';
import { openMemory } from '../../../src/engines/memory/engine.ts';
import { openLine } from '../../../src/flow/index.ts';
import {
  createApp,
  DEFAULT_ORG,
  Keyring,
  openMcp,
  personSeat,
  watchOver,
  type Gateway,
} from '../../../src/gateway/index.ts';
import type { Endpoint, McpParts } from '../../../src/mcp/index.ts';
import { systemClock, systemIds } from '../../../src/server/clock.ts';

export interface McpStage {
  url: string;
  mcp: Endpoint;
  faults: unknown[];
  /** What happens to a caller's delegations, as the product's own MCP face hears of it. */
  watch: McpParts['watch'];
  close: () => Promise<void>;
}

export async function openMcpStage(more: Partial<McpParts> = {}, port = 0): Promise<McpStage> {
  const ids = systemIds();
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const owner = `srv_${ids.random()}`;
  const engine = await openMemory({ clock: systemClock, ids, limits: LIMITS, owner });
  const line = await openLine({ engine, clock: systemClock, ids, limits: LIMITS, owner, carriers: {}, onFault });
  const gateway: Gateway = {
    line,
    limits: LIMITS,
    keyring: new Keyring(engine, systemClock, undefined),
    open: true,
    version: '0.0.0',
    baseUrl: '',
    checkUrl: () => undefined,
    readProgram: () => ({ why: 'there are no programs here' }),
    startedAt: systemClock.now(),
    isStopping: () => false,
    onFault,
  };
  await personSeat(gateway, DEFAULT_ORG);
  const mcp = await openMcp(gateway, more);
  gateway.mcp = mcp;
  const server = createServer(createApp(gateway));
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  gateway.baseUrl = url;
  return {
    url,
    mcp,
    faults,
    watch: watchOver(line),
    async close() {
      await mcp.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await line.recorder.close();
      await engine.close();
    },
  };
}
