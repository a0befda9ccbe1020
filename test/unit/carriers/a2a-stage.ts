/**
 * The stage on which the carrier suite meets scripted peers of one version.
 */
import { a2aCarrier } from '../../../src/carriers/a2a/carrier.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { calleeAt, type Manner, type Stage } from '../../../src/testing/carrier-suite.ts';
import {
  type Behaviour,
  type PeerVersion,
  type ScriptedPeer,
  scriptedPeer,
} from '../../../src/testing/scripted-peer.ts';

export async function a2aStage(version: PeerVersion): Promise<Stage> {
  const carrier = a2aCarrier({ clock: systemClock, loopback: true, pollFirstMs: 5, pollMostMs: 20 });
  const peers: ScriptedPeer[] = [];
  return {
    carrier,
    async callee(manner) {
      const peer = await scriptedPeer({ clock: systemClock, behave: behaviourOf(manner), speaks: [version] });
      peers.push(peer);
      return {
        workspace: calleeAt({ id: peer.url, url: peer.url, card: peer.card(version) }),
        seen: () => ({
          runs: peer.ledger.executions.reduce((sum, execution) => sum + execution.runs, 0),
          stopped: peer.ledger.cancelled.length > 0,
        }),
      };
    },
    async close() {
      await carrier.close();
      await Promise.all(peers.map((peer) => peer.close()));
    },
  };
}

function behaviourOf(manner: Manner): Behaviour {
  switch (manner.manner) {
    case 'answers':
      return { do: 'answer', text: manner.text };
    case 'works':
      return {
        do: 'task',
        steps: [
          { state: 'submitted' },
          { state: 'working', note: manner.note },
          { state: 'completed', artifacts: [manner.text] },
        ],
      };
    case 'fails':
      return { do: 'task', steps: [{ state: 'failed', note: manner.error }] };
    case 'hangs':
      return { do: 'task', steps: [{ state: 'working' }] };
  }
}
