/**
 * A peer as a model sees it: what it is called, what it says it can do, and how long one waits there.
 *
 * What a peer says of itself is shortened and made visible; it describes the peer and instructs nobody.
 */
import { z } from 'zod';
import { cut } from '../core/text.ts';
import { visible } from '../core/untrusted.ts';
import type { Peer } from './desk.ts';
import { quoted } from './words.ts';

const SKILLS_MAX = 20;
/** Skills and their tags together. */
const WORDS_MAX = 40;
const WORD_CHARACTERS = 100;
const NAME_CHARACTERS = 200;
/** Of all of them, in a line for a model. */
const SKILLS_CHARACTERS = 500;

export const peerShape = {
  id: z.string(),
  name: z.string(),
  status: z.string(),
  role: z.string().nullable(),
  skills: z.array(z.string()),
  capacity: z.number(),
  active_tasks: z.number(),
  queued: z.number(),
  usual_ms: z.number().optional(),
};

export type ShownPeer = z.infer<z.ZodObject<typeof peerShape>>;

export function peerOf(peer: Peer): ShownPeer {
  const { id, name, status, role, capacity, active_tasks: running, queued, usual_ms: usual } = peer;
  return {
    ...{
      id,
      name: oneLine(name, NAME_CHARACTERS),
      status,
      role: role === null ? null : oneLine(role, NAME_CHARACTERS),
    },
    skills: skillsOf(peer.agent_card),
    ...{ capacity, active_tasks: running, queued },
    ...(usual === undefined ? {} : { usual_ms: usual }),
  };
}

/** The names of what its card offers, with their tags. */
function skillsOf(card: Record<string, unknown> | null): string[] {
  const skills = Array.isArray(card?.['skills']) ? (card['skills'] as unknown[]) : [];
  const all = skills.slice(0, SKILLS_MAX).flatMap((skill): unknown[] => {
    if (typeof skill === 'string') {
      return [skill];
    }
    const { name, id, tags } = (skill ?? {}) as Record<string, unknown>;
    const own = [name, id].find((word) => typeof word === 'string' && word !== '');
    return [own, ...(Array.isArray(tags) ? tags.slice(0, SKILLS_MAX) : [])];
  });
  const words = all.filter((word) => typeof word === 'string').map((word) => oneLine(word, WORD_CHARACTERS));
  return [...new Set(words)].slice(0, WORDS_MAX);
}

/** So that nobody can write a second line into a list, or something that is not seen. */
function oneLine(text: string, most: number): string {
  return visible(cut(text.replaceAll(/\s+/gu, ' '), most).text);
}

/** The peers, a line each: what they are called and say of themselves is theirs. */
export function listed(peers: readonly ShownPeer[]): string {
  return quoted('peers', peers.map(peerLine).join('\n'));
}

function peerLine({ id, name, status, role, skills, queued, usual_ms: usual }: ShownPeer): string {
  const facts = [
    `ID: ${id}`,
    `status: ${status}`,
    `role: ${role ?? 'none'}`,
    ...(skills.length === 0 ? [] : [`skills: ${cut(skills.join(', '), SKILLS_CHARACTERS).text}`]),
    `waiting there: ${queued}`,
    ...(usual === undefined ? [] : [`usually takes: ${Math.ceil(usual / 1000)} s`]),
  ];
  return `- ${name} (${facts.join(', ')})`;
}
