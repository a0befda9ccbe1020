/**
 * MCP over stdin and stdout at the desk of one workspace, for as long as the client keeps the pipe open.
 *
 * Everything it does is a call of the platform's own routes; what changes it hears from the workspace's stream of events.
 */
import { serveMcpOverStdio, type McpParts } from '../mcp/index.ts';
import { deskAt } from '../runtime/index.ts';
import { systemClock, systemIds } from '../server/clock.ts';
import { VERSION } from '../server/version.ts';
import { instructionsOf, TOOLS } from '../tools/index.ts';
import { Changes } from './changes.ts';
import type { Client } from './client.ts';
import { EXIT, type Exit } from './failure.ts';
import { interruption, untilInterrupted } from './interrupted.ts';
import { openFile } from './local-file.ts';
import type { Out } from './out.ts';
import { oneLine } from './paint.ts';

export interface Serving {
  /** The platform as it is to be found now. */
  find: () => Client;
  workspace: string;
  out: Out;
}

export async function serveMcp({ find, workspace, out }: Serving): Promise<Exit> {
  const stop = untilInterrupted();
  const over = new AbortController();
  const changes = new Changes(find, {
    workspace,
    signal: over.signal,
    onOpen: () => out.aside(`the tools of ${workspace} at ${find().url}`),
    onLost: (why) => out.aside(`no connection to the platform (${oneLine(why, 300)}); trying again`),
  });
  const parts: McpParts = {
    tools: TOOLS,
    instructions: instructionsOf(TOOLS),
    version: VERSION,
    clock: systemClock,
    ids: systemIds(),
    onFault: (error) => out.aside(oneLine(error instanceof Error ? error.message : String(error), 300)),
    watch: (_caller, onChange) => changes.tell(onChange),
  };
  if (process.stdin.isTTY) {
    out.aside(
      'This speaks MCP on stdin and stdout, for a client to start; errand mcp config says how. Ctrl-C ends it.',
    );
  }
  const pipe = serveMcpOverStdio(parts, { identity: workspace, desk: deskAt(find, workspace), openFile });
  const closed = Promise.race([pipe.closed, interruption(stop).then(async () => pipe.close())]);
  await closed;
  over.abort('the client has gone');
  return EXIT.done;
}
