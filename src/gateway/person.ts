/**
 * The seat of whoever runs things, one per organisation: made when it is first needed, and delegates like any other.
 */
import { blankProfile } from '../core/workspace/index.ts';
import { workspaceOf } from '../flow/index.ts';
import { DEFAULT_ORG, OPERATOR, type Gateway } from './gateway.ts';

export async function personSeat(gateway: Gateway, org: string): Promise<string> {
  const id = org === DEFAULT_ORG ? OPERATOR : `${OPERATOR}.${org}`;
  if ((await gateway.line.engine.workspace(id)) === undefined) {
    const profile = { ...blankProfile('Operator'), role: 'The person who runs this platform.', roles: ['admin'] };
    const answer = await gateway.line.recorder.record({
      ...{ type: 'enrol', id, org, actor: 'errand', person: true, profile },
    });
    // Another process that starts beside this one may have been first.
    if (answer.kind !== 'refused' || answer.refusal.code !== 'already_exists') {
      workspaceOf(answer);
    }
  }
  return id;
}
