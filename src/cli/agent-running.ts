/**
 * `errand agent run`: the agent of a file at work in a process of its own, until it is told to stop.
 *
 * One line on stdout says that it has its seat, so that a script can wait for it. SIGTERM and SIGINT drain it: what runs
 * comes to its end, what waits stays with the platform for the next process. A second signal ends it at once.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAgent, type Agent, type Served, type ServeOptions } from '../runtime/agent/index.ts';
import { DeskError } from '../tools/index.ts';
import type { Client } from './client.ts';
import type { Flags } from './command.ts';
import { EXIT, Failure, usage, type Exit } from './failure.ts';
import { spanOf, textOf, wholeOf } from './flags.ts';
import { interruption, untilInterrupted } from './interrupted.ts';
import type { Out } from './out.ts';

/** The platform is away, and may come back. */
const PASSING: ReadonlySet<string> = new Set(['unreachable', 'unavailable']);

export async function runAgent(client: Client, { file, flags, out }: Running): Promise<Exit> {
  const found = await agentIn(file);
  const capacity = wholeOf(flags, 'capacity', { least: 1, most: 10_000 });
  const agent = capacity === undefined ? found : found.with({ capacity });
  const options = optionsOf(client, flags);
  const stop = untilInterrupted();
  let isSeated = false;
  function onFault(fault: Error): void {
    // What refuses it its seat ends the command, and is told at its end.
    if (isSeated || (fault instanceof DeskError && PASSING.has(fault.code))) {
      out.aside(fault.message);
    }
  }
  const serving = await served(agent, { ...options, signal: stop, onFault });
  if (serving === undefined) {
    return EXIT.done;
  }
  isSeated = true;
  const { workspace } = serving;
  const way = options.listen === undefined ? 'fetches its tasks' : 'is called';
  const { pid } = process;
  const said = { workspace, capacity: agent.capacity, url: client.url, pid };
  out.line(said, `${workspace} serves at ${client.url} (${way}, capacity ${agent.capacity}, process ${pid})`);
  void interruption(stop).then((signal) => out.aside(`${signal}: what runs comes to its end`));
  await serving.ended;
  out.aside('stopped');
  return EXIT.done;
}

interface Running {
  file: string;
  flags: Flags;
  out: Out;
}

async function agentIn(file: string): Promise<Agent> {
  const path = resolve(file);
  const module = await imported(path);
  const { default: first, ...others } = module;
  const agents = [...new Set(isAgent(first) ? [first] : Object.values(others).filter(isAgent))];
  const [only] = agents;
  if (only === undefined || agents.length > 1) {
    const fix = 'It exports one: export const writer = agent({ … }), or has a default.';
    throw usage(`${path} exports ${only === undefined ? 'no agent' : 'more than one agent'}.`, fix);
  }
  return only;
}

async function imported(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Failure({ code: 'not_loaded', message: `${path}: ${message}`, exit: EXIT.failed }, { cause });
  }
}

function optionsOf(client: Client, flags: Flags): ServeOptions {
  const port = wholeOf(flags, 'listen', { least: 0, most: 65_535 });
  return {
    url: client.url,
    token: client.token,
    workspace: textOf(flags, 'id'),
    drainMs: spanOf(flags, 'drain'),
    ...(port === undefined ? {} : { listen: { port } }),
  };
}

/** Undefined where it was told to stop before it had its seat. */
async function served(agent: Agent, options: ServeOptions): Promise<Served | undefined> {
  try {
    return await agent.serve(options);
  } catch (cause) {
    if (options.signal?.aborted === true) {
      return undefined;
    }
    if (cause instanceof DeskError) {
      const { code, message, fix } = cause;
      throw new Failure({ code, message, ...(fix === undefined ? {} : { fix }), exit: EXIT.refused }, { cause });
    }
    throw cause;
  }
}
