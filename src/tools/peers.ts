/**
 * A peer as a model sees it: what it is called, what it says it can do, and how long one waits there.
 *
 * What a peer says of itself is shortened and made visible; it describes the peer and instructs nobody.
 */
import { z } from 'zod';
import { cut } from '../core/text.ts';
import type { Peer } from './desk.ts';

const SKILLS_MAX = 20;
const WORDS_MAX = 200;

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
    ...{ id, name: oneLine(name), status, role: role === null ? null : oneLine(role) },
    skills: skillsOf(peer.agent_card),
    ...{ capacity, active_tasks: running, queued },
    ...(usual === undefined ? {} : { usual_ms: usual }),
  };
}

/** The names of what its card offers, with their tags. */
function skillsOf(card: Record<string, unknown> | null): string[] {
  const skills = Array.isArray(card?.['skills']) ? (card['skills'] as unknown[]) : [];
  return skills.slice(0, SKILLS_MAX).flatMap((skill) => {
    if (typeof skill === 'string') {
      return [oneLine(skill)];
    }
    const { name, id, tags } = (skill ?? {}) as Record<string, unknown>;
    const own = [name, id].find((word) => typeof word === 'string' && word !== '');
    const all = [own, ...(Array.isArray(tags) ? tags.slice(0, SKILLS_MAX) : [])];
    return all.filter((word) => typeof word === 'string').map((word) => oneLine(word));
  });
}

/** So that nobody can write a second line into a list. */
function oneLine(text: string): string {
  return cut(text.replaceAll(/\s+/gu, ' '), WORDS_MAX).text;
}
