/**
 * Whom a task can be handed to; and where nobody is there, why.
 */
import { z } from 'zod';
import { visible } from '../../core/untrusted.ts';
import { peerOf, peerShape, type ShownPeer } from '../peers.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

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
    const { peers, why } = await desk.peers(q);
    const shown = peers.map(peerOf);
    const empty = q === undefined ? WHY[why ?? 'alone'] : 'No peer fits these words; try it without them.';
    return {
      peers: shown,
      count: shown.length,
      ...(shown.length === 0 ? { message: empty } : { untrusted: PEERS_SAY }),
    };
  },
  say: ({ peers, message }) => message ?? peers.map(peerLine).join('\n'),
});

export function peerLine({ id, name, status, role, skills, queued, usual_ms: usual }: ShownPeer): string {
  const facts = [
    `ID: ${id}`,
    `status: ${status}`,
    `role: ${visible(role ?? 'none')}`,
    ...(skills.length === 0 ? [] : [`skills: ${visible(skills.join(', '))}`]),
    `waiting there: ${queued}`,
    ...(usual === undefined ? [] : [`usually takes: ${Math.ceil(usual / 1000)} s`]),
  ];
  return `- ${visible(name)} (${facts.join(', ')})`;
}
