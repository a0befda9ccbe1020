/**
 * `errand wake`: wakes an agent when one of its delegations has ended or asks something, by starting a program, by
 * calling an address, or as a hook of Claude Code. A notice is acknowledged when the turn that carried it has ended.
 */
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, targetOf } from '../client.ts';
import type { Call, Command, Flags } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { isSet, spanOf, textOf, wholeOf, wordsOf } from '../flags.ts';
import { untilInterrupted } from '../interrupted.ts';
import { commandHere, platformHere } from '../here.ts';
import type { Out } from '../out.ts';
import { table } from '../words.ts';
import type { Outcome, Waking } from '../wake/keep-waking.ts';
import type { Turn } from '../wake/turn.ts';

export const wake: Command = {
  name: 'wake',
  summary: 'Wakes an agent when what it delegated has ended or asks something',
  usage: [
    'wake exec [--shell] [--dir <folder>] (--command <line> | -- <program> [<argument> …])',
    'wake webhook --url <https://…> [--secret <whsec_…>]',
    'wake claude',
    'wake config --client claude',
  ],
  about:
    'exec starts the program with the turn on stdin, and in the place of {turn} in an argument; 0 says that the turn\n' +
    'has ended. webhook posts it, signed as Standard Webhooks has it; any 2xx but 202 says so. claude is what a hook\n' +
    'of Claude Code runs, and config prints the hooks. Only then is a notice acknowledged; else it is told again, after\n' +
    'growing pauses, eight times, and then waits in the inbox. The platform is named by --platform. See\n' +
    'docs/guides/wake.md.',
  options: {
    command: { type: 'string', value: '<line>', help: 'exec: the program and its arguments, quoted as in a shell' },
    shell: { type: 'boolean', help: 'exec: let a shell read the command' },
    dir: { type: 'string', value: '<folder>', help: 'exec: where it is started' },
    url: { type: 'string', value: '<url>', help: 'webhook: the receiver; http:// on this machine only' },
    secret: {
      type: 'string',
      value: '<whsec_…>',
      help: 'webhook: signs; better ERRAND_WEBHOOK_SECRET, which ps hides',
    },
    timeout: { type: 'string', value: '<time>', help: 'how long a turn may last (exec: any time; webhook: 30s)' },
    limit: { type: 'string', value: '<n>', help: 'exec, webhook: at most so many notices in a turn (20)' },
    pause: { type: 'string', value: '<time>', help: 'exec, webhook: the first pause after a failed turn (15s)' },
    hold: { type: 'string', value: '<time>', help: 'how long a notice in hand is kept from others (1m; claude: 10m)' },
    stay: { type: 'string', value: '<time>', help: 'claude: stay so long for what is out (terminal: 1d; -p: not)' },
    client: { type: 'string', value: '<name>', help: 'config: whose settings; claude' },
  },
  examples: [
    ['errand wake exec --from lead -- codex exec resume --last -', 'a turn of Codex, read from stdin'],
    ['errand wake webhook --from lead --url https://agent.example/turns', 'calls an address'],
    ['errand wake config --client claude --from lead', 'the hooks for .claude/settings.json'],
  ],
  isClient: true,
  run,
};

const EXEC = { limit: 20, pauseMs: 15_000, holdMs: 60_000 };
const WEBHOOK_MS = 30_000;
const CLAUDE = { holdMs: 600_000, stayMs: 86_000_000 };
/** What the platform keeps a notice for at most. */
const HOLD_MS_MAX = 3_600_000;
/** Claude Code goes on with what stands on stderr. */
const GO_ON = 2;

async function run(call: Call): Promise<Exit> {
  const [what, ...rest] = call.words;
  switch (what) {
    case 'exec':
      return exec(call, rest);
    case 'webhook':
      wordsOf(rest, []);
      return webhook(call);
    case 'claude':
      wordsOf(rest, []);
      return claude(call);
    case 'config':
      wordsOf(rest, []);
      return config(call);
    default:
      throw usage('wake takes exec, webhook, claude or config.', 'See errand wake --help.');
  }
}

async function exec({ flags, out, client }: Call, words: readonly string[]): Promise<Exit> {
  const { PLACEHOLDER, runProgram } = await import('../wake/program.ts');
  const inShell = isSet(flags, 'shell');
  const command = await commandOf(flags, words);
  if (inShell && command.some((word) => word.includes(PLACEHOLDER))) {
    throw usage(`--shell and ${PLACEHOLDER} do not go together: a shell would read the turn.`, 'Read it from stdin.');
  }
  const stop = untilInterrupted();
  const { from: workspace } = client();
  const folder = textOf(flags, 'dir');
  const timeoutMs = spanOf(flags, 'timeout');
  const program = { command, inShell, folder, timeoutMs, workspace, isAside: out.json, stop };
  return stay({ flags, out, workspace, stop, wake: (turn) => runProgram(program, turn) });
}

async function commandOf(flags: Flags, words: readonly string[]): Promise<string[]> {
  const line = textOf(flags, 'command');
  if ((line === undefined) === (words.length === 0)) {
    throw usage('exec takes a program: behind --command, or behind --, and not both.', 'See errand wake --help.');
  }
  const { splitCommand } = await import('../wake/split-command.ts');
  const command = line === undefined ? words.join(' ') : line;
  if (isSet(flags, 'shell')) {
    return [command];
  }
  const split = line === undefined ? [...words] : splitCommand(line);
  if ((split[0] ?? '') === '') {
    throw usage('the command is empty.');
  }
  return split;
}

async function webhook({ flags, out, client }: Call): Promise<Exit> {
  const [{ addressOf, post }, { keyOfSecret }] = await Promise.all([
    import('../wake/webhook.ts'),
    import('../wake/signature.ts'),
  ]);
  const given = textOf(flags, 'url');
  if (given === undefined) {
    throw usage('--url is missing: the address of the receiver.');
  }
  const secret = textOf(flags, 'secret') ?? process.env['ERRAND_WEBHOOK_SECRET'];
  const key = secret === undefined ? undefined : keyOfSecret(secret);
  if (key === undefined) {
    out.aside('without a secret nothing is signed: the receiver cannot tell who sent it');
  }
  const stop = untilInterrupted();
  const { from: workspace } = client();
  const timeoutMs = spanOf(flags, 'timeout') ?? WEBHOOK_MS;
  const receiver = { url: addressOf(given), key, timeoutMs, workspace, stop };
  return stay({ flags, out, workspace, stop, wake: (turn) => post(receiver, turn) });
}

interface Stay {
  flags: Flags;
  out: Out;
  workspace: string;
  stop: AbortSignal;
  wake: (turn: Turn) => Promise<Outcome>;
}

async function stay({ flags, out, workspace, stop, wake: wakeUp }: Stay): Promise<Exit> {
  const { keepWaking } = await import('../wake/keep-waking.ts');
  const waking: Waking = {
    find: () => clientOf(flags),
    workspace,
    out,
    stop,
    wake: wakeUp,
    limit: wholeOf(flags, 'limit', { least: 1, most: 100 }) ?? EXEC.limit,
    pauseMs: spanOf(flags, 'pause') ?? EXEC.pauseMs,
    holdMs: holdOf(flags, EXEC.holdMs),
  };
  out.aside(`waits at the inbox of ${workspace} at ${clientOf(flags).url}`);
  await keepWaking(waking);
  return EXIT.done;
}

/** `--url` is the receiver here. */
function clientOf({ url: _url, ...flags }: Flags): Client {
  return new Client(targetOf(flags));
}

function holdOf(flags: Flags, usual: number): number {
  return Math.min(spanOf(flags, 'hold') ?? usual, HOLD_MS_MAX);
}

async function claude({ flags, out, client }: Call): Promise<Exit> {
  const { heed } = await import('../wake/claude-hook.ts');
  const environment = process.env;
  const isAttended = environment['CLAUDE_CODE_SESSION_ATTENDED'] === '1';
  try {
    const turn = await heed(inputOf(await text(process.stdin)), {
      client: client(),
      workspace: client().from,
      holdMs: holdOf(flags, CLAUDE.holdMs),
      stayMs: spanOf(flags, 'stay') ?? (isAttended ? CLAUDE.stayMs : 0),
      isAttended,
      agent: Number(environment['CLAUDE_PID'] ?? 0),
      stop: untilInterrupted(),
      environment,
      say: (words) => out.aside(`errand: ${words}`),
    });
    if (turn === undefined) {
      return EXIT.done;
    }
    process.stderr.write(turn);
    return GO_ON;
  } catch (error) {
    // Whatever it is, it is no matter of the session: what has come waits in the inbox.
    out.aside(`errand: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.done;
  }
}

function inputOf(given: string): object {
  const found: unknown = JSON.parse(given);
  return typeof found === 'object' && found !== null ? found : {};
}

async function config({ flags, out, client }: Call): Promise<Exit> {
  const { settingsOf, SETTINGS_FILE } = await import('../wake/claude-settings.ts');
  if (textOf(flags, 'client') !== 'claude') {
    throw usage('--client takes claude; other agents are woken by exec or webhook.', 'See docs/guides/wake.md.');
  }
  const { data, url } = platformHere(flags, client());
  const settings = settingsOf({
    command: commandHere(),
    workspace: client().from,
    ...(url === undefined ? {} : { url }),
    ...(data === undefined ? {} : { data: resolve(data) }),
  });
  out.answer({ file: SETTINGS_FILE, text: settings }, () => settings);
  if (!out.json) {
    out.aside(table([['into', SETTINGS_FILE]]));
  }
  return EXIT.done;
}
