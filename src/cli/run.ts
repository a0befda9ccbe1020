/**
 * From the words on the command line to an exit code: finds the command, has it done, and tells what went wrong.
 */
import { Client, targetOf } from './client.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, faultOf, usage, type Exit } from './failure.ts';
import { isSet, parse } from './flags.ts';
import { overview, page, pageData } from './help.ts';
import { Out } from './out.ts';

export async function run(given: readonly string[]): Promise<Exit> {
  const [first = '--help', ...rest] = given;
  const out = new Out(given.includes('--json'));
  leaveQuietlyWithReader();
  try {
    return await route(first, rest, out);
  } catch (error) {
    const fault = faultOf(error);
    out.fail(fault);
    return fault.exit;
  }
}

async function route(first: string, rest: string[], out: Out): Promise<Exit> {
  switch (first) {
    case '--help':
    case '-h':
    case 'help': {
      const named = rest.find((word) => !word.startsWith('-'));
      return named === undefined ? explainAll(out) : explain(find(named), out);
    }
    case '--version':
    case '-v':
    case 'version': {
      const { VERSION: version } = await import('../server/index.ts');
      out.answer({ version, node: process.versions.node }, () => version);
      return EXIT.done;
    }
    default:
      return carryOut(find(first), rest, out);
  }
}

async function carryOut(command: Command, given: string[], out: Out): Promise<Exit> {
  const { words, flags } = parse(command, given);
  if (isSet(flags, 'help')) {
    return explain(command, out);
  }
  let found: Client | undefined;
  // Where --url means something else to a command, it does not say which platform is spoken to.
  const { url: _url, ...others } = flags;
  const client = (): Client => (found ??= new Client(targetOf('url' in command.options ? others : flags)));
  return command.run({ words, flags, out, client });
}

function find(name: string): Command {
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    throw usage(`there is no command ${name}`, `Commands: ${COMMANDS.map((known) => known.name).join(', ')}.`);
  }
  return command;
}

function explain(command: Command, out: Out): Exit {
  out.answer(pageData(command), () => page(command));
  return EXIT.done;
}

function explainAll(out: Out): Exit {
  out.answer({ commands: COMMANDS.map((command) => pageData(command)) }, () => overview(COMMANDS));
  return EXIT.done;
}

/** `errand list | head -1`: whoever read has seen enough, and that is no failure. */
function leaveQuietlyWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
  });
}
