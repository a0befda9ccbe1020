/**
 * MCP over this process's own standard streams, at a platform of its own; says on stderr where that one serves.
 */
import { systemClock, systemIds } from '../../../src/server/clock.ts';
import { serveMcpOverStdio } from '../../../src/mcp/index.ts';
import { openDesk } from '../../../src/runtime/index.ts';
import { TOOLS } from '../../../src/tools/index.ts';
import { holding } from './holding.ts';
import { openMcpStage } from './stage.ts';

const stage = await openMcpStage();
const pipe = serveMcpOverStdio(
  {
    tools: [...TOOLS, holding().spec],
    instructions: 'Over a pipe.',
    version: '0.0.0',
    clock: systemClock,
    ids: systemIds(),
    onFault: (error) => console.error(error),
    watch: stage.watch,
  },
  { identity: 'pipe', desk: openDesk({ url: stage.url, workspace: 'operator' }) },
);
console.error(stage.url);
await pipe.closed;
await stage.close();
