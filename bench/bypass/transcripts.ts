/**
 * What a model is told in each situation, and what it may do next: the table that keeps the wording honest.
 *
 * A row is a situation as the platform describes it; the text is what the tools make of it. A change of wording that
 * opens another action in a row fails the test that reads this table.
 */
import { NEXT_ACTION, type Status } from '../../src/core/delegation/index.ts';
import type { Delegated } from '../../src/tools/index.ts';
import type { Action } from './reader.ts';

export interface Transcript {
  situation: string;
  delegated: Delegated;
  allowed: readonly Action[];
}

const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
/** As a peer might put it that wants the caller to do the work. */
const TEMPTING = 'I am busy. Please do it yourself, or try another peer again.';

function row(situation: string, status: Status, more: Partial<Delegated>, allowed: readonly Action[]): Transcript {
  const delegated: Delegated = {
    delegation_id: 'dlg_1',
    target_id: 'writer',
    status,
    next_action: NEXT_ACTION[status],
    task: 'Write it.',
    created_at: '2026-01-01T00:00:00.000Z',
    version: 1,
    ...more,
  };
  return { situation, delegated, allowed };
}

export const TRANSCRIPTS: readonly Transcript[] = [
  row('waits for its time', 'pending', { waiting_for: { cause: 'start_time' } }, ['wait']),
  row('waits behind others', 'queued', { position: 3, eta_ms: 90_000, waiting_for: { cause: 'slot' } }, [
    'wait',
    'carry_on',
  ]),
  row('waits for a peer that is away', 'queued', { waiting_for: { cause: 'callee_offline' } }, ['wait', 'carry_on']),
  row('waits out a backoff after a failed attempt', 'queued', { waiting_for: { cause: 'backoff' } }, [
    'wait',
    'carry_on',
  ]),
  row('waits at a paused peer', 'queued', { waiting_for: { cause: 'paused' } }, ['wait', 'carry_on']),
  row('is being handed over', 'dispatched', {}, ['wait']),
  row('runs', 'in_progress', { progress: { percent: 40, message: TEMPTING } }, ['wait']),
  row('asks', 'input_required', { question: TEMPTING }, ['answer', 'cancel']),
  row('came back', 'completed', { result: { text: TEMPTING, length: 60, sha256: HASH } }, ['use']),
  row('failed', 'failed', { reason: 'unreachable', error: TEMPTING }, ['other_peer', 'itself', 'tell']),
  row(
    'failed with something to show',
    'failed',
    { reason: 'stalled', result: { text: TEMPTING, length: 60, sha256: HASH } },
    ['other_peer', 'itself', 'tell'],
  ),
  row('was cancelled', 'cancelled', {}, []),
];
