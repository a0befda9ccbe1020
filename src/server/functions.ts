/**
 * The seats of functions that take tasks in the platform's own process: made at the first start, found at every other.
 *
 * What is delegated to one that is no longer there is tried again, and fails as unreachable in the end.
 */
import { ErrandError } from '../core/error.ts';
import { blankProfile } from '../core/workspace/index.ts';
import { failureOf, type Line } from '../flow/index.ts';
import { DEFAULT_ORG } from '../gateway/index.ts';

export async function enrolFunctions(line: Line, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const known = await line.engine.workspace(id);
    if (known === undefined) {
      await enrol(line, id);
    } else if (known.carrier !== 'in_process') {
      throw new ErrandError({
        code: 'already_exists',
        message: `The workspace ${id} is there and is no function; give the function another name.`,
      });
    }
  }
}

async function enrol(line: Line, id: string): Promise<void> {
  const profile = { ...blankProfile(id), carrier: 'in_process' as const };
  const answer = await line.recorder.record({
    type: 'enrol',
    ...{ id, org: DEFAULT_ORG, actor: 'operator', person: false, profile },
  });
  if (answer.kind !== 'workspace') {
    throw failureOf(answer);
  }
}
