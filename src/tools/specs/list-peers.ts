/**
 * Whom a task can be handed to; and where nobody is there, why.
 */
import { z } from 'zod';
import type { Alone } from '../desk.ts';
import { listed, peerOf, peerShape } from '../peers.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

/** Enough to choose from, and no more than a model can read. */
const SHOWN = 100;

const WHY = {
  alone: 'No peers available: no other workspace is enrolled beside this one yet.',
  not_allowed: 'No peers available: there are other workspaces, but the access rules let you talk to none of them.',
} as const;

export const PEERS_SAY = `name, role, skills: ${words.FROM_OTHERS}`;

export const listPeers = tool({
  name: 'list_peers',
  title: 'List peers',
  short: 'List the peers you may delegate to, with their ids, status, skills and queues. Call it first.',
  whenToUse:
    'Before the first delegation, to learn who is there and what they can do. A long queue means that the answer takes ' +
    'longer, not that the peer is broken.',
  section: 'delegation',
  input: z.strictObject({ q: z.string().max(200).optional().describe('Words to look for in name and role.') }),
  output: words.output({
    peers: z.array(z.object(peerShape)),
    count: z.number(),
    message: z.string().optional(),
    untrusted: words.untrusted,
  }),
  example: {},
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  isCore: true,
  waits: false,
  async run({ desk }, { q }) {
    const sought = q === '' ? undefined : q;
    const { peers, why } = await desk.peers(sought);
    const shown = peers.slice(0, SHOWN).map(peerOf);
    const message = sought === undefined || peers.length > 0 ? about(peers.length, why) : NONE_FITS;
    return {
      peers: shown,
      count: peers.length,
      ...(message === undefined ? {} : { message }),
      ...(shown.length === 0 ? {} : { untrusted: PEERS_SAY }),
    };
  },
  say: ({ peers, message }) =>
    [...(peers.length === 0 ? [] : [listed(peers)]), ...(message === undefined ? [] : [message])].join('\n'),
});

const NONE_FITS = 'No peer fits these words; try it without them.';

/** Why nobody is there, or that there are more than are shown. */
function about(count: number, why: Alone | undefined): string | undefined {
  if (count === 0) {
    return WHY[why ?? 'alone'];
  }
  const more = count - SHOWN;
  return more > 0 ? `${more} more are not shown: look for words (q), or for a skill (find_peer).` : undefined;
}
