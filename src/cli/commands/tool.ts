/**
 * `errand tool`: the tools of a model, for an agent that has only a command line. The list, the arguments and the help
 * come from the registry, as everywhere.
 */
import { openDesk } from '../../runtime/index.ts';
import { callTool, commandOf, schemasOf, TOOLS, toolNamed, type Json, type ToolSpec } from '../../tools/index.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, Failure, usage, type Exit } from '../failure.ts';
import { textOf } from '../flags.ts';
import { openFile } from '../local-file.ts';
import type { Out } from '../out.ts';
import { table } from '../words.ts';

export const tool: Command = {
  name: 'tool',
  summary: 'Calls one of the tools that models are given',
  usage: ['tool', 'tool <name> [<argument>=<value> …] [--input <json>]'],
  about: 'Without a name it lists the tools. With --json the answer is what a program reads instead of a model.',
  options: { input: { type: 'string', value: '<json>', help: 'all arguments as one JSON object' } },
  examples: [
    ['errand tool', 'the tools and their arguments'],
    ['errand tool delegate_task_async workspace_id=writer task="a haiku" --from lead', 'answers with a handle'],
    ['errand tool check_task_status task_id=dlg_… --from lead', 'how it stands, with its result'],
  ],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const [name, ...given] = words;
  if (name === undefined) {
    return listAll(out);
  }
  const spec = toolNamed(name);
  if (spec === undefined) {
    throw usage(`there is no tool ${name}`, `Tools: ${TOOLS.map((known) => known.name).join(', ')}.`);
  }
  const input = { ...whole(textOf(flags, 'input')), ...argumentsOf(spec, given) };
  const { url, token, from } = client();
  const desk = openDesk({ url, token, workspace: from });
  const { structured, text, isError } = await callTool(spec, { desk, openFile }, input);
  if (isError) {
    const { error, code, fix } = structured as { error: string; code: string; fix?: string };
    throw new Failure({ code, message: error, exit: exitOf(code), ...(fix === undefined ? {} : { fix }) });
  }
  out.answer(structured, () => text);
  return EXIT.done;
}

function exitOf(code: string): Exit {
  const exits: Partial<Record<string, Exit>> = { unreachable: EXIT.unreachable, invalid_request: EXIT.usage };
  return exits[code] ?? EXIT.refused;
}

function listAll(out: Out): Exit {
  const all = TOOLS.map((spec) => ({ name: spec.name, short: spec.short, input: schemasOf(spec).input }));
  out.answer(all, () => table(TOOLS.flatMap((spec) => [[commandOf(spec)], [`    ${spec.short}`]])));
  return EXIT.done;
}

function whole(text: string | undefined): Json {
  if (text === undefined) {
    return {};
  }
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usage('--input is no JSON object.', 'Such as --input \'{"task_id": "dlg_…"}\'.');
  }
  return value as Json;
}

/** Text stays text, unless the tool takes something else there. */
function argumentsOf(spec: ToolSpec, given: readonly string[]): Json {
  const { properties = {} } = schemasOf(spec).input as { properties?: Record<string, { type?: unknown }> };
  const pairs = given.map((word): [string, unknown] => {
    const mark = word.indexOf('=');
    if (mark < 1) {
      throw usage(`${word.slice(0, 100)} is no argument.`, `Write it as ${commandOf(spec)}.`);
    }
    const [name, value] = [word.slice(0, mark), word.slice(mark + 1)];
    const isText = properties[name]?.type === 'string' || properties[name] === undefined;
    return [name, isText ? value : (parsed(value) ?? value)];
  });
  return Object.fromEntries(pairs);
}

/** Undefined where it is no JSON; then the tool says what it takes there. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
