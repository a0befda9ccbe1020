/**
 * The agents that do the work: real A2A on real ports, in the parent process, which outlives every kill. Each writes
 * down what it ran and what it answers, before the answer leaves.
 *
 * Five kinds: quick, slow, one with tasks that are looked at or ask back, one that breaks and is busy and cannot tell
 * messages apart, and one for lanes.
 */
import { hash } from 'node:crypto';
import type { Arrival, Behaviour, ScriptedPeer } from '../../../src/testing/scripted-peer.ts';
import { scriptedPeer } from '../../../src/testing/scripted-peer.ts';
import { systemClock } from '../../../src/server/index.ts';
import type { Chance } from './chance.ts';
import type { History } from './history.ts';

export interface Peer {
  id: string;
  capacity: number;
  url: string;
  card: Record<string, unknown> | null;
  close(): Promise<void>;
}

const QUESTION = 'Which colour?';

export function answerTo(id: string): string {
  return `blue, for ${id}`;
}

export interface Role {
  id: string;
  capacity: number;
  dedupe?: boolean;
  speaks?: '1.0';
  behave: (arrival: Arrival, work: Work) => Behaviour;
}

/** What one execution answers with, written down when it is asked for. */
interface Work {
  chance: Chance;
  text(): string;
  /** It runs and nothing it says counts as an answer. */
  nothing(): void;
  asked(): void;
}

export async function startPeers(chance: Chance, history: History, roles: readonly Role[] = ROLES): Promise<Peer[]> {
  let order = 0;
  return Promise.all(
    roles.map(async (role): Promise<Peer> => {
      const own = chance.fork();
      const ledger = (messageId: string, answer: string | null): void => {
        order += 1;
        const sha256 = answer === null ? null : hash('sha256', answer);
        history.ran.push({ peer: role.id, messageId, order, sha256 });
      };
      const peer = await scriptedPeer({
        clock: systemClock,
        dedupe: role.dedupe ?? true,
        ...(role.speaks === undefined ? { speaks: ['0.3'] } : { speaks: [role.speaks] }),
        behave: (arrival) => role.behave(arrival, workOf(arrival, own, ledger)),
      });
      return asPeer(role, peer);
    }),
  );
}

function asPeer(role: Role, peer: ScriptedPeer): Peer {
  const card = role.speaks === undefined ? null : peer.card(role.speaks);
  return { id: role.id, capacity: role.capacity, url: peer.url, card, close: async () => peer.close() };
}

function workOf(arrival: Arrival, chance: Chance, ledger: (messageId: string, answer: string | null) => void): Work {
  const { messageId, times } = arrival;
  return {
    chance,
    text() {
      const padding = 'é'.repeat(chance.between(0, chance.once(0.05) ? 20_000 : 200));
      const answer = `${messageId} run ${times}: ${chance.between(0, 1e9)} ${padding}`;
      ledger(messageId, answer);
      return answer;
    },
    nothing: () => ledger(messageId, null),
    asked: () => ledger(messageId, `${QUESTION} ${answerTo(messageId)}`),
  };
}

export const ROLES: readonly Role[] = [
  {
    id: 'quick',
    capacity: 4,
    speaks: '1.0',
    behave: (_arrival, work) => ({ do: 'answer', text: work.text(), afterMs: work.chance.between(0, 10) }),
  },
  {
    id: 'slow',
    capacity: 2,
    behave: (_arrival, work) => ({ do: 'artifacts', texts: [work.text()], afterMs: work.chance.between(20, 200) }),
  },
  {
    id: 'asks',
    capacity: 3,
    speaks: '1.0',
    behave(_arrival, work) {
      if (work.chance.once(0.3)) {
        work.asked();
        return { do: 'ask', question: QUESTION };
      }
      const last = { state: 'completed', artifacts: [work.text()] };
      return {
        do: 'task',
        stepMs: work.chance.between(5, 80),
        steps: [{ state: 'submitted' }, { state: 'working' }, last],
      };
    },
  },
  {
    id: 'breaks',
    capacity: 2,
    dedupe: false,
    behave(arrival, work) {
      const kind = arrival.times > 3 ? 1 : work.chance.next();
      if (kind < 0.1) {
        return { do: 'busy', how: '503' };
      }
      if (kind < 0.15) {
        return { do: 'drop', when: 'before' };
      }
      if (kind < 0.3) {
        work.nothing();
        return { do: 'drop', when: 'after' };
      }
      if (kind < 0.4) {
        work.nothing();
        return { do: 'error', code: -32_000, message: 'it cannot be done' };
      }
      return { do: 'answer', text: work.text(), afterMs: work.chance.between(0, 30) };
    },
  },
  {
    id: 'lanes',
    capacity: 8,
    behave: (_arrival, work) => ({ do: 'answer', text: work.text(), afterMs: work.chance.between(0, 40) }),
  },
];
