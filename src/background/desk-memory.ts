/**
 * What one at a desk keeps and finds again: what a session keeps for itself, its functions at work find as well, and no
 * other session does.
 */
import { ErrandError } from '../core/error.ts';
import { isScope, NAMESPACE } from '../core/memory/index.ts';
import { commitMemory, recallMemories, time } from '../flow/index.ts';
import type { Desk } from '../tools/index.ts';
import type { Place } from './desk-place.ts';
import { sessionOfSeat } from './house.ts';

export function deskMemory(place: Place) {
  const { line, sessions } = place.house;
  return {
    async remember(content, scope) {
      const { id: workspace } = await sessions.seatIn(place.session);
      const said = { workspace, actor: place.actor, scope, namespace: NAMESPACE, content };
      const { memory, redacted } = await commitMemory(line, said);
      return { id: memory.id, scope: memory.scope, ...(redacted.length === 0 ? {} : { redacted }) };
    },
    async recall({ words: question, scope, limit }) {
      if (scope !== undefined && !isScope(scope)) {
        throw new ErrandError({ code: 'invalid_request', message: `scope: there is no ${scope}.` });
      }
      const reader = await sessions.seatIn(place.session);
      const { memories } = await recallMemories(line, { reader, scope, question, limit });
      return memories.map(({ id, workspace, content, scope: of, createdAt }) => ({
        ...{ id, workspace_id: sessionOfSeat(workspace) ?? workspace, content, scope: of },
        created_at: time(createdAt),
      }));
    },
  } satisfies Partial<Desk>;
}
