/**
 * `errand up`: starts the platform and stays until it is told to stop.
 *
 * Exactly one line goes to stdout, when requests are served, so that a script can wait for it and read the address.
 * The address is left in the data directory too, where the other commands find it, and taken away at the end.
 */
import { resolve } from 'node:path';
import type { Platform } from '../../server/index.ts';
import { leaveAddress, takeAddress } from '../address.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, Failure, usage, type Exit } from '../failure.ts';
import { isSet, namesOf, textOf, wholeOf } from '../flags.ts';
import { interruption, untilInterrupted } from '../interrupted.ts';
import type { Out } from '../out.ts';

const STOP_MS_MAX = 10_000;

export const up: Command = {
  name: 'up',
  summary: 'Starts the platform and stays until it is told to stop',
  usage: ['up [--host <address>] [--port <n>] [--data <folder>] [--open] [--allow <host>,…]'],
  about:
    'One line on stdout says where it serves; the log goes to stderr. SIGINT and SIGTERM stop it within 10 s.\n' +
    'DATABASE_URL=postgres://… keeps everything in a PostgreSQL that several platforms may share; see docs/guides/scale.md.\n' +
    'Limits are set by environment variables, ERRAND_ and the name of the limit: see docs/guides/operate.md.',
  options: {
    host: { type: 'string', value: '<address>', help: 'the address to listen on; or ERRAND_HOST (127.0.0.1)' },
    port: { type: 'string', value: '<n>', help: 'the port; 0 takes a free one; or ERRAND_PORT (4310)' },
    data: { type: 'string', value: '<folder>', help: 'where everything is kept; or ERRAND_DATA (.errand)' },
    open: { type: 'boolean', help: 'serve without keys; on loopback only' },
    allow: { type: 'string', value: '<host>,…', help: 'hosts and networks that may be called besides public ones' },
  },
  examples: [
    ['errand up', 'serves at http://127.0.0.1:4310, keeps everything in .errand'],
    ['errand up --open --allow 127.0.0.1', 'a first try: no keys, agents on this machine'],
    ['errand up --host 0.0.0.0 --data /var/lib/errand', 'for other machines; each caller needs a key'],
  ],
  isClient: false,
  run: serve,
};

async function serve({ words, flags, out }: Call): Promise<Exit> {
  if (words.length > 0) {
    throw usage(`${words[0] ?? ''} is one word too many.`);
  }
  const { readConfig, startPlatform, systemClock } = await import('../../server/index.ts');
  const config = await configured(async () => readConfig(wishesOf(flags)));
  const stop = untilInterrupted();
  const platform = await started(async () => startPlatform(config));
  void platform.broken.then((error) => {
    // A write that failed is not tried again in this process: what was accepted is safe as it lies on the disk.
    out.aside(`The store is broken (${error.message}); ending. Look at the disk, then start again.`);
    process.exit(EXIT.failed);
  });
  leaveAddress(config.data, platform.url);
  announce(out, platform, config);
  out.aside(`${await interruption(stop)}: stopping`);
  systemClock.after(STOP_MS_MAX, () => {
    out.aside('It did not stop in time; whatever was accepted is kept.');
    process.exit(EXIT.failed);
  });
  takeAddress(config.data);
  await platform.close();
  out.aside('stopped');
  return EXIT.done;
}

function wishesOf(flags: Call['flags']) {
  const host = textOf(flags, 'host');
  const port = wholeOf(flags, 'port', { least: 0, most: 65_535 });
  const data = textOf(flags, 'data');
  const allow = namesOf(flags, 'allow');
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(data === undefined ? {} : { data }),
    ...(allow === undefined ? {} : { allow }),
    open: isSet(flags, 'open'),
  };
}

async function configured<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause));
  }
}

async function started(start: () => Promise<Platform>): Promise<Platform> {
  try {
    return await start();
  } catch (cause) {
    throw notStarted(cause);
  }
}

function notStarted(cause: unknown): Failure {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const fix = 'Choose another with --port; 0 takes a free one.';
    return new Failure({ code: 'address_in_use', message: error.message, fix, exit: EXIT.failed }, { cause });
  }
  if (code === 'unavailable') {
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    const message = `The database does not answer: ${why || 'refused'}.`;
    const fix = 'Is the server up, and DATABASE_URL right? Unset it to keep the store in a folder.';
    return new Failure({ code: 'no_database', message, fix, exit: EXIT.failed }, { cause });
  }
  return new Failure({ code: 'not_started', message: error.message, exit: EXIT.failed }, { cause });
}

/** Without the password. */
function nameOf(database: string): string {
  const { host, pathname } = new URL(database);
  return `postgres ${host}${pathname}`;
}

interface Announced {
  data: string;
  database: string | undefined;
  open: boolean;
}

function announce(out: Out, platform: Platform, config: Announced): void {
  const data = resolve(config.data);
  const { pid } = process;
  const store = config.database === undefined ? data : `${nameOf(config.database)}, keys ${data}`;
  out.line(
    { url: platform.url, data, engine: config.database === undefined ? 'sqlite' : 'postgres', pid, open: config.open },
    `Errand serves at ${platform.url} (data ${store}, process ${pid})`,
  );
  if (platform.rescued > 0) {
    out.aside(`${platform.rescued} under way when the process before ended; taken back, and going on.`);
  }
  if (config.open) {
    out.aside('OPEN: no keys; whoever reaches this address on this machine may do everything.');
  } else {
    out.aside(
      `The operator's key lies in ${resolve(config.data, 'operator.key')}; commands on this machine find it there.`,
    );
  }
}
