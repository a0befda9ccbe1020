/**
 * `errand migrate`: moves everything that a platform keeps from one store to another, compares both, and says how far it
 * is. Cut short, the same command goes on where it stopped.
 */
import type * as platform from '../../server/index.ts';
import type { Counts, Moved, MoveRefusal, Moving } from '../../server/index.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, Failure, usage, type Exit } from '../failure.ts';
import { isSet, wordsOf } from '../flags.ts';
import { untilInterrupted } from '../interrupted.ts';
import { MoveProgress } from '../move-progress.ts';
import type { Out } from '../out.ts';
import { grouped, table } from '../words.ts';

type Server = typeof platform;

export const migrate: Command = {
  name: 'migrate',
  summary: 'Moves everything to another store, such as from a folder to PostgreSQL',
  usage: ['migrate <from> <to> [--dry-run]', 'migrate --take-back <store>'],
  about:
    'A store is a data folder (or its errand.db) or a postgres:// address. No platform may serve from either meanwhile.\n' +
    'Handles, keys, queues, notices and the log come along as they are. At the end both sides are read again and\n' +
    'compared; then the old one refuses to be served. Cut short, the same command goes on where it stopped.',
  options: {
    'dry-run': { type: 'boolean', help: 'look and count, and change nothing' },
    'take-back': { type: 'boolean', help: 'give a move up, and serve from the old store again' },
  },
  examples: [
    ['errand migrate .errand postgres://errand@db/errand', 'to PostgreSQL; the password from PGPASSWORD'],
    ['errand migrate postgres://errand@db/errand /var/lib/errand', 'and back, into a folder that is not there yet'],
    ['errand migrate --take-back .errand', 'the move is given up: .errand is served from again'],
  ],
  isClient: false,
  run,
};

async function run({ words, flags, out }: Call): Promise<Exit> {
  const server = await import('../../server/index.ts');
  if (isSet(flags, 'take-back')) {
    if (isSet(flags, 'dry-run')) {
      throw usage('--take-back and --dry-run do not go together.');
    }
    const [store = ''] = wordsOf(words, ['store']);
    return takeBack(server, store, out);
  }
  const [from = '', to = ''] = wordsOf(words, ['from', 'to']);
  return isSet(flags, 'dry-run') ? look(server, { from, to }, out) : carryOver(server, { from, to }, out);
}

interface Addresses {
  from: string;
  to: string;
}

async function carryOver(server: Server, { from, to }: Addresses, out: Out): Promise<Exit> {
  const signal = untilInterrupted();
  const source = await opened(server, from, { side: 'from', isDry: false });
  try {
    const target = await opened(server, to, { side: 'to', isDry: false });
    try {
      const id = `mov_${server.systemIds().random()}`;
      const progress = new MoveProgress(out, server.systemClock);
      const sides = { from: source, to: target, clock: server.systemClock, id, signal };
      const moved = await moving(server, { ...sides, onProgress: (said) => progress.tell(said) });
      progress.end();
      return told(moved, { from: source.place, to: target.place }, out);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function moving(server: Server, all: Moving): Promise<Moved> {
  try {
    return await server.move(all);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Failure({ code: 'interrupted', message, fix: AGAIN, exit: EXIT.failed }, { cause });
  }
}

const AGAIN = 'What came over stays. Start the same command again: it goes on where it stopped.';

function told(moved: Moved, places: Addresses, out: Out): Exit {
  switch (moved.kind) {
    case 'moved': {
      const { counts, digests, resumed } = moved;
      out.answer({ moved: true, ...places, resumed, counts, digests }, () =>
        [
          lines(counts),
          `Moved from ${places.from} to ${places.to}, and compared by count and hash: no difference.`,
          `Serve from ${places.to} now; ${places.from} keeps everything and refuses to be served.`,
        ].join('\n'),
      );
      return EXIT.done;
    }
    case 'over':
      out.answer({ moved: true, ...places, at: new Date(moved.at).toISOString() }, () =>
        [
          `${places.from} was moved to ${places.to} already, at ${new Date(moved.at).toISOString()}.`,
          `Nothing to do: serve from ${places.to}.`,
        ].join('\n'),
      );
      return EXIT.done;
    case 'stopped':
      throw new Failure({ code: 'stopped', message: 'Told to stop before the end.', fix: AGAIN, exit: EXIT.failed });
    case 'differs': {
      const found = moved.differences.map(({ kind, from, to }) =>
        from.count === to.count ? `${kind}: not the same content` : `${kind}: ${from.count} there, ${to.count} here`,
      );
      const message = `What came over is not what was there (${found.join('; ')}).`;
      const fix =
        `Keep ${places.to} to look into it, and move into another one. ${places.from} has everything; ` +
        `to serve from it again: errand migrate --take-back ${places.from}`;
      throw new Failure({ code: 'differs', message, fix, exit: EXIT.failed });
    }
    case 'refused':
      throw refusal(moved);
  }
}

/** Everything that a move would look at before its first page, and what it would then move. */
async function look(server: Server, addresses: Addresses, out: Out): Promise<Exit> {
  const source = await opened(server, addresses.from, { side: 'from', isDry: true });
  try {
    const target = await dry(server, addresses.to, 'to');
    try {
      const plan = await server.planFor(source, target);
      if (plan.kind === 'refused') {
        throw refusal(plan);
      }
      const counts = await server.countsOf(source);
      const here = target === undefined ? undefined : await server.countsOf(target);
      out.answer({ would: plan.kind, from: source.place, to: addresses.to, counts, there: here ?? {} }, () =>
        [lines(counts), WOULD[plan.kind]].join('\n'),
      );
      return EXIT.done;
    } finally {
      await target?.close();
    }
  } finally {
    await source.close();
  }
}

const WOULD = {
  begin: 'All of this would be moved. Nothing was changed.',
  go_on: 'A part of this is there already; the move would go on where it stopped. Nothing was changed.',
  over: 'All of this was moved there already. Nothing was changed.',
} as const;

async function takeBack(server: Server, store: string, out: Out): Promise<Exit> {
  const archive = await opened(server, store, { side: 'from', isDry: false });
  try {
    const taken = await server.takeBack(archive);
    if (typeof taken === 'object') {
      throw refusal(taken);
    }
    out.answer({ taken_back: taken, store: archive.place }, () =>
      taken
        ? `${archive.place} is served from again. Whatever came over from it elsewhere must not be.`
        : `${archive.place} is neither being moved nor was it moved away: nothing to do.`,
    );
    return EXIT.done;
  } finally {
    await archive.close();
  }
}

interface How {
  side: 'from' | 'to';
  isDry: boolean;
}

async function opened(server: Server, address: string, how: How) {
  const archive = await attempted(server, address, how);
  if (archive === undefined) {
    throw new Failure({ code: 'not_opened', message: `There is no store at ${address}.`, exit: EXIT.failed });
  }
  return archive;
}

async function dry(server: Server, address: string, side: How['side']) {
  return attempted(server, address, { side, isDry: true });
}

async function attempted(server: Server, address: string, how: How) {
  try {
    return await server.openArchive(address, { ...how, clock: server.systemClock });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Failure({ code: 'not_opened', message, exit: EXIT.failed }, { cause });
  }
}

function refusal({ code, message, fix }: MoveRefusal): Failure {
  return new Failure({ code, message, fix, exit: EXIT.failed });
}

function lines(counts: Counts): string {
  const rows = Object.entries(counts).map(([kind, number]) => [`  ${kind}`, grouped(number).padStart(12)]);
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  return `${table(rows)}\n${grouped(all)} records`;
}
