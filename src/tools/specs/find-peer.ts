/**
 * The peers that say they have a skill, the one that is free soonest first.
 */
import { z } from 'zod';
import { listed, peerOf, peerShape, type ShownPeer } from '../peers.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';
import { PEERS_SAY } from './list-peers.ts';

const SHOWN = 10;

export const findPeer = tool({
  name: 'find_peer',
  title: 'Find a peer by skill',
  short: 'Find the peers that have a skill, the one that is free soonest first.',
  whenToUse: 'When you know what has to be done and not who does it.',
  section: 'delegation',
  input: z.strictObject({ skill: z.string().min(1).max(200).describe('Words such as "translate" or "code review".') }),
  output: words.output({
    peers: z.array(z.object(peerShape)),
    count: z.number(),
    message: z.string().optional(),
    untrusted: words.untrusted,
  }),
  example: { skill: 'translate german' },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  waits: false,
  async run({ desk }, { skill }) {
    const wanted = skill.toLowerCase().split(/\s+/u);
    const { peers } = await desk.peers();
    const found = peers
      .map(peerOf)
      .filter((peer) => wanted.every((word) => described(peer).includes(word)))
      .toSorted((left, right) => waitOf(left) - waitOf(right))
      .slice(0, SHOWN);
    const message = `No peer says that it can ${skill}; list_peers shows what they can do.`;
    return { peers: found, count: found.length, ...(found.length === 0 ? { message } : { untrusted: PEERS_SAY }) };
  },
  say: ({ peers, message }) => message ?? listed(peers),
});

function described({ name, role, skills }: ShownPeer): string {
  return [name, role ?? '', ...skills].join('\n').toLowerCase();
}

/** In tasks per slot; who is not there comes last. */
function waitOf({ status, queued, active_tasks: running, capacity }: ShownPeer): number {
  const away = status === 'online' ? 0 : 1_000_000;
  return away + (queued + running) / Math.max(1, capacity);
}
