/**
 * Who plays in the demo: scripted agents on ports of their own, which speak real A2A over loopback.
 *
 * What each of them says to each task is fixed, so that the demo can check at the end that every word arrived.
 */
import { systemClock } from '../../server/index.ts';
import { scriptedPeer, type Arrival, type Behaviour, type ScriptedPeer } from '../../testing/scripted-peer.ts';

const QUESTION = 'Which city is the trip to?';
export const ANSWER = 'Lisbon.';

export interface Player {
  id: string;
  role: string;
  behave: (arrival: Arrival) => Behaviour;
}

const STEP_MS = 800;
const WRITING_MS = 300;

export const PLAYERS: readonly Player[] = [
  {
    id: 'writer',
    role: 'Writes short texts and answers at once.',
    behave: ({ text }) => ({ do: 'answer', text: replyTo(text), afterMs: WRITING_MS }),
  },
  {
    id: 'reviewer',
    role: 'Reviews one thing at a time and takes its time.',
    behave: ({ text }) => ({
      do: 'task',
      stepMs: STEP_MS,
      steps: [
        { state: 'working', note: 'reading' },
        { state: 'working', note: 'writing it up' },
        { state: 'completed', artifacts: [replyTo(text)] },
      ],
    }),
  },
  {
    id: 'courier',
    role: 'Looks things up; its connection breaks the first time.',
    behave: ({ text, times }) =>
      times === 1 ? { do: 'drop', when: 'before' } : { do: 'answer', text: replyTo(text), afterMs: WRITING_MS },
  },
  {
    id: 'planner',
    role: 'Plans trips and asks before it begins.',
    behave: () => ({ do: 'ask', question: QUESTION }),
  },
];

const REPLIES: Readonly<Record<string, string>> = {
  'Write a haiku about queues':
    'A place in the line,\nkept while the lights go out; then\nyour name, called just once.',
  'Review chapter 1': 'Chapter 1: strong opening; cut the second page.',
  'Review chapter 2': 'Chapter 2: the numbers in the table do not add up (41 ≠ 42).',
  'Review chapter 3': 'Chapter 3: good as it is.',
  'Look up the tide tables': 'High water 06:12 and 18:40.',
  'Plan a weekend trip': `${QUESTION} ${ANSWER}`,
  'Summarise the reviews': 'Two of three chapters need work.',
  'Look up the printer’s hours': 'Open 8 to 17, closed on Sunday.',
  'Review the cover': 'Cover: the title is hard to read on a phone.',
};

/** What the player says to this task; what the demo expects to get back. */
export function replyTo(text: string): string {
  return REPLIES[text] ?? `Nobody told me what to say to: ${text}`;
}

export interface Troupe {
  peers: ReadonlyMap<string, ScriptedPeer>;
  close: () => Promise<void>;
}

/** On the ports they had before, where they are free: whoever waits for them finds them there. */
export async function gather(portOf: (id: string) => number | undefined): Promise<Troupe> {
  const peers = new Map<string, ScriptedPeer>();
  for (const { id, behave } of PLAYERS) {
    const options = { clock: systemClock, behave, name: id };
    const port = portOf(id);
    const before = port === undefined ? undefined : await scriptedPeer({ ...options, port }).catch(() => undefined);
    peers.set(id, before ?? (await scriptedPeer(options)));
  }
  return {
    peers,
    close: async () => {
      await Promise.all([...peers.values()].map(async (peer) => peer.close()));
    },
  };
}
