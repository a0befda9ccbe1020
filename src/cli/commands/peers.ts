/**
 * `errand peers`: to whom a workspace may delegate.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { textOf } from '../flags.ts';
import { oneLine } from '../paint.ts';
import type { Peer } from '../shapes.ts';
import { table } from '../words.ts';

export const peers: Command = {
  name: 'peers',
  summary: 'Lists to whom a workspace may delegate',
  usage: ['peers [<workspace>] [--q <words>]'],
  options: { q: { type: 'string', value: '<words>', help: 'only those whose name or role holds them' } },
  examples: [['errand peers lead', 'its siblings, children and parent']],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  if (words.length > 1) {
    throw usage(`${words[1] ?? ''} is one word too many.`);
  }
  const workspace = encodeURIComponent(words[0] ?? client().from);
  const found = await client().get<Peer[]>(`/registry/${workspace}/peers`, { q: textOf(flags, 'q') });
  out.answer(found, () =>
    found.length === 0
      ? 'No peers.'
      : table([
          ['ID', 'STATUS', 'RUNNING', 'QUEUED', 'ROLE'].map((title) => out.paint('dim', title)),
          ...found.map((peer) => [
            peer.id,
            peer.status,
            `${peer.active_tasks} of ${peer.capacity}`,
            String(peer.queued),
            oneLine(peer.role ?? '', 60),
          ]),
        ]),
  );
  return EXIT.done;
}
