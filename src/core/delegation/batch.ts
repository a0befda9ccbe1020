/**
 * When a batch is whole, and what its one word is.
 *
 * The consolidated notice goes out with the last ending; its word says plainly whether all, some or none came back.
 */
import type { Batch } from './delegation.ts';

export type BatchStatus = 'running' | 'completed' | 'partial' | 'failed';

export function endedOf(batch: Batch): number {
  return batch.completed + batch.failed + batch.cancelled;
}

export function batchStatus(batch: Batch): BatchStatus {
  if (endedOf(batch) < batch.size) {
    return 'running';
  }
  if (batch.completed === batch.size) {
    return 'completed';
  }
  return batch.completed === 0 ? 'failed' : 'partial';
}
