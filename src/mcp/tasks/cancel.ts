/**
 * tasks/cancel of both generations: the delegation is asked to end, and ends when its callee has let go.
 */
import { isSettled } from '../../core/delegation/index.ts';
import { DeskError, type Delegated, type Desk } from '../../tools/index.ts';
import { noSuchTask } from '../refusal.ts';

/** As it stood before; one that had ended keeps its ending. */
export async function cancelTask(desk: Desk, id: string): Promise<Delegated> {
  const seen = await desk.look(id);
  if (seen === undefined) {
    throw noSuchTask(id);
  }
  if (!isSettled(seen.status)) {
    await desk.cancel(id, 'cancelled by its client').catch(async (error: unknown) => {
      const now = error instanceof DeskError ? await desk.look(id) : undefined;
      if (now === undefined || !isSettled(now.status)) {
        throw error;
      }
    });
  }
  return seen;
}
