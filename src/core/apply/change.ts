/**
 * Carries out one command on one delegation: find the row, decide, and let the verb write what was decided.
 *
 * A command that is refused, already true or too late is an answer and writes nothing, but for the evidence of a
 * late ending (D3, D6). Each verb below is one column of the table in `transitions.ts`.
 */
import {
  decide,
  type DelegationCommand,
  type DelegationCommandType,
  type Delegation,
  type Verdict,
} from '../delegation/index.ts';
import { refusal, type Refusal } from '../error.ts';
import type { Answer } from '../ports/index.ts';
import { adopt } from './adopt.ts';
import { answer, ask } from './ask.ts';
import { cancelOne } from './cancel.ts';
import { complete, confirmCancel, fail, keepLate, report } from './end.ts';
import { acknowledge, progress, renew, reprioritise } from './progress.ts';
import { requeue, rescue } from './requeue.ts';
import { depend, wake } from './rest.ts';
import { heed, steer } from './steering.ts';
import { abandon, expire, release, stall, warn } from './time.ts';
import type { Work } from './work.ts';

const AGAIN_MS = 1000;

export type Verb<C> = (work: Work, before: Delegation, command: C, verdict: Verdict) => Delegation;

type Refused = Extract<Verdict, { kind: 'refuse' }>['why'];

type Of<T extends DelegationCommandType> = Extract<DelegationCommand, { type: T }>;

const VERBS: { [T in DelegationCommandType]: Verb<Of<T>> } = {
  release,
  acknowledge,
  progress,
  depend,
  wake,
  steer,
  heed,
  ask,
  answer,
  requeue,
  complete,
  fail,
  cancel: (work, before, command) => cancelOne(work, before, command),
  confirm_cancel: confirmCancel,
  expire,
  abandon,
  stall,
  rescue,
  warn,
  renew,
  reprioritise,
  report,
  adopt,
};

export function change(work: Work, command: DelegationCommand): Answer {
  const before = work.tx.delegation(command.ref);
  if (before === undefined) {
    return { kind: 'refused', refusal: refusal('not_found', `There is no delegation ${command.ref.id ?? ''}.`) };
  }
  const verdict = decide(before, command, work.tx);
  switch (verdict.kind) {
    case 'noop':
      return { kind: 'noop', why: verdict.why, delegation: before };
    case 'late':
      keepLate(work, before, command);
      return { kind: 'late', why: verdict.why, delegation: before };
    case 'refuse':
      return {
        kind: 'refused',
        refusal: refusalOf(verdict.why, before, command),
      };
    default: {
      const verb = VERBS[command.type] as Verb<DelegationCommand>;
      return { kind: 'done', delegation: verb(work, before, command, verdict), fresh: true };
    }
  }
}

function refusalOf(why: Refused, { status }: Delegation, { type }: DelegationCommand): Refusal {
  switch (why) {
    case 'too_often':
      return refusal('not_now', 'It asks faster than it may; the question that was taken last stands.', AGAIN_MS);
    case 'too_many':
      return refusal('not_now', 'It has not taken what it was told before; more is kept when it has.', AGAIN_MS);
    default:
      return refusal('not_now', `A delegation that is ${status} cannot take ${type}.`);
  }
}
