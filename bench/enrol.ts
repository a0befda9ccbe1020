/**
 * Gives somebody a seat, past the doors: straight into the line.
 */
import type { CarrierName } from '../src/core/workspace/index.ts';
import type { Recorder } from '../src/flow/index.ts';

export interface Newcomer {
  id: string;
  capacity?: number;
  carrier?: CarrierName;
}

export async function enrol(recorder: Recorder, newcomer: Newcomer): Promise<void> {
  const { id, capacity = 1, carrier = 'none' } = newcomer;
  const url = carrier === 'a2a' ? 'http://127.0.0.1:1' : null;
  const answer = await recorder.record({
    type: 'enrol',
    id,
    org: 'default',
    actor: 'bench',
    person: false,
    profile: {
      ...{ name: id, role: null, parent: null, tier: 0, carrier, url, program: null, card: null, capacity },
      ...{ roles: [], allowedActions: null, grants: [], denials: [] },
    },
  });
  if (answer.kind !== 'workspace') {
    throw new Error(JSON.stringify(answer));
  }
}
