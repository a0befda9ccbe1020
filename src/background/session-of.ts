/**
 * Whose a task is: of the session that delegated it, or of the one at the root of its chain. The seat that delegates a
 * child is the one of the function above it, and says nothing of sessions.
 */
import type { Delegation } from '../core/delegation/index.ts';
import { DEFAULT_SESSION, sessionOfSeat, type House } from './house.ts';

export async function sessionOf(
  { line }: Pick<House, 'line'>,
  { caller, root }: Pick<Delegation, 'caller' | 'root'>,
): Promise<string> {
  const own = sessionOfSeat(caller);
  if (own !== undefined) {
    return own;
  }
  const above = root === null ? undefined : await line.engine.delegation({ key: root });
  return sessionOfSeat(above?.caller ?? '') ?? DEFAULT_SESSION;
}
