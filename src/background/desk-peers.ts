/**
 * Whom one at a desk can delegate to, by the names that the program gave, and who it is itself.
 *
 * Functions that share their slots share their queue, and each shows it as its own: that is what one waits behind. How
 * long they usually take together says nothing of any of them.
 */
import { NO_DURATIONS } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import type { Workspace } from '../core/workspace/index.ts';
import { isSought, limitsOf, peerShape, statusOf } from '../flow/index.ts';
import type { Desk } from '../tools/index.ts';
import type { Place } from './desk-place.ts';
import { HERE } from './house.ts';
import type { Run } from './run.ts';

export function deskPeers(place: Place) {
  const { house } = place;
  return {
    async peers(words) {
      const sought = words?.toLowerCase();
      const others = [...house.seats].filter(([name, { isRecursive }]) => isRecursive || name !== place.run?.name);
      const found = await Promise.all(
        others.map(async ([name, { id, profile }]) => {
          const seat = await house.line.engine.workspace(id);
          const shared = id === HERE ? { durations: NO_DURATIONS } : {};
          return seat === undefined ? [] : [{ ...seat, ...shared, name, role: profile.role }];
        }),
      );
      const peers = found.flat().filter((peer) => isSought(peer, sought));
      const shown = peers.map((peer) => ({ ...peerShape(peer), id: peer.name }));
      return others.length === 0 ? { peers: shown, why: 'alone' as const } : { peers: shown };
    },
    async seat() {
      const { run, name } = place;
      const own = run === undefined ? await sessionSeat(place) : await functionSeat(place, run);
      const { tier, capacity, running, queued } = own;
      return {
        ...{
          id: name,
          name,
          role: own.role,
          parent_id: null,
          tier,
          status: run === undefined ? 'online' : statusOf(own),
        },
        ...{ capacity, running, queued },
        limits: limitsOf(house.line.limits, own),
      };
    },
  } satisfies Partial<Desk>;
}

async function sessionSeat({ house, session }: Place): Promise<Workspace> {
  return house.sessions.seatIn(session);
}

async function functionSeat({ house }: Place, run: Run): Promise<Workspace> {
  const seat = await house.line.engine.workspace(run.workspace);
  if (seat === undefined) {
    throw new ErrandError({ code: 'not_found', message: `${run.name} is not here any more.` });
  }
  return { ...seat, role: house.seats.get(run.name)?.profile.role ?? null };
}
