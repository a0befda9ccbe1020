/**
 * Runs an agent that lies in a file, until it is told to stop: the file is imported as Node imports it, TypeScript
 * included, and what it exports serves at the platform.
 *
 * One line on stdout says that it serves. The first SIGINT or SIGTERM lets what runs come to its end, the second ends
 * it at once.
 */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAgent, type Agent, type Served } from '../runtime/agent/index.ts';
import type { Client } from './client.ts';
import { EXIT, Failure, usage, type Exit } from './failure.ts';
import { interruption, untilInterrupted } from './interrupted.ts';
import type { Out } from './out.ts';
import { oneLine } from './paint.ts';

export interface AgentRun {
  file: string;
  client: Client;
  workspace: string | undefined;
  capacity: number | undefined;
  drainMs: number | undefined;
  out: Out;
}

export async function runAgent(asked: AgentRun): Promise<Exit> {
  const { out, client, capacity } = asked;
  const stop = untilInterrupted();
  const found = await agentIn(asked.file);
  const agent = capacity === undefined ? found : found.with({ capacity });
  const served = await servedBy(agent, asked, stop);
  if (served === undefined) {
    return EXIT.done;
  }
  const { workspace } = served;
  out.line(
    { workspace, url: client.url, name: agent.name, capacity: agent.capacity, pid: process.pid },
    `${agent.name} serves ${workspace} at ${client.url} (capacity ${agent.capacity}, process ${process.pid})`,
  );
  out.aside(`${await interruption(stop)}: taking nothing more; what runs may come to its end`);
  await served.ended;
  out.aside('stopped');
  return EXIT.done;
}

/** Undefined where it was interrupted before it had its seat. */
async function servedBy(agent: Agent, asked: AgentRun, stop: AbortSignal): Promise<Served | undefined> {
  const { client, workspace, drainMs, out } = asked;
  try {
    return await agent.serve({
      url: client.url,
      token: client.token,
      signal: stop,
      workspace,
      drainMs,
      onFault: (fault) => out.aside(oneLine(fault.message, 500)),
    });
  } catch (cause) {
    if (stop.aborted) {
      return undefined;
    }
    throw refused(cause);
  }
}

async function agentIn(file: string): Promise<Agent> {
  const path = resolve(file);
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw usage(`there is no file ${file}`, 'Name the module that exports the agent.');
  }
  const exported = await imported(file, path);
  const found = new Map<unknown, string>();
  for (const [name, value] of Object.entries(exported)) {
    if (isAgent(value) && !found.has(value)) {
      found.set(value, name);
    }
  }
  const [agent] = found.keys();
  if (!isAgent(agent)) {
    throw notThere(`${file} exports no agent`, "It ends with: export default agent({ name: '…', handle: … });");
  }
  if (found.size > 1) {
    const names = [...found.values()].join(', ');
    throw notThere(`${file} exports more than one agent (${names})`, 'One file, one agent: its default export.');
  }
  return agent;
}

async function imported(file: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const where = error.stack?.split('\n').find((line) => line.includes(path) && !line.startsWith(error.name));
    const place = where === undefined ? '' : ` (${where.trim().replaceAll('file://', '')})`;
    const message = `${file} could not be imported: ${error.message}${place}`;
    throw new Failure(
      { code: 'not_imported', message, fix: 'Mend it, and run it again.', exit: EXIT.failed },
      { cause },
    );
  }
}

function notThere(message: string, fix: string): Failure {
  return new Failure({ code: 'no_agent', message, fix, exit: EXIT.failed });
}

function refused(cause: unknown): Failure {
  const { code, message, fix } = cause as { code?: unknown; message?: unknown; fix?: unknown };
  return new Failure(
    {
      code: typeof code === 'string' ? code : 'internal',
      message: String(message),
      ...(typeof fix === 'string' ? { fix } : {}),
      exit: code === 'invalid_request' ? EXIT.usage : EXIT.refused,
    },
    { cause },
  );
}
