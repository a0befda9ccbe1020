/**
 * The caller's inbox: notices handed out under a lease, and acknowledged once (D7).
 *
 * Acknowledging is idempotent: it answers how many of the named notices are acknowledged, whenever that happened.
 */
import { refusal } from '../error.ts';
import { keyOf, type Answer, type Notice } from '../ports/index.ts';
import type { AcknowledgeNotices, Collect, LeaseNotices, RenewNotices } from '../workspace/index.ts';
import { sayWorkspace, type Work } from './work.ts';

export function leaseNotices(work: Work, command: LeaseNotices): Answer {
  const leasedUntil = work.tx.now + work.tx.limits.noticeLeaseMs;
  const notices = work.tx.freeNotices(command.workspace, command.most, command.tries).map((notice) => {
    const leased = { ...notice, leasedUntil, deliveries: notice.deliveries + 1 };
    work.tx.updateNotice(leased);
    return leased;
  });
  return { kind: 'notices', notices };
}

/** Answers with those that are still to be acknowledged; that is no delivery. */
export function renewNotices(work: Work, command: RenewNotices): Answer {
  const leasedUntil = command.leaseMs === 0 ? null : work.tx.now + command.leaseMs;
  const notices = named(work, command)
    .filter(({ acknowledgedAt }) => acknowledgedAt === null)
    .map((notice) => {
      const renewed = { ...notice, leasedUntil };
      work.tx.updateNotice(renewed);
      return renewed;
    });
  return { kind: 'notices', notices };
}

export function acknowledgeNotices(work: Work, command: AcknowledgeNotices): Answer {
  const notices = named(work, command);
  for (const notice of notices) {
    acknowledge(work, notice, command.actor);
  }
  return { kind: 'count', count: notices.length };
}

/** Those of this inbox, each once; a name that nobody gave, or somebody else's, is passed over. */
function named(work: Work, { workspace, ids }: { workspace: string; ids: readonly string[] }): Notice[] {
  return [...new Set(ids)].flatMap((id) => {
    const key = keyOf('ntc', id);
    const notice = key === undefined ? undefined : work.tx.notice(key);
    return notice !== undefined && notice.id === id && notice.workspace === workspace ? [notice] : [];
  });
}

export function collect(work: Work, command: Collect): Answer {
  const delegation = work.tx.delegation({ key: command.delegation });
  if (delegation === undefined) {
    return { kind: 'refused', refusal: refusal('not_found', 'There is no such delegation.') };
  }
  if (delegation.version !== command.version) {
    return { kind: 'noop', why: 'already_so', delegation };
  }
  const asked = delegation.status === 'input_required' ? delegation.detail.asked : undefined;
  const notice = work.tx.notice(asked ?? command.delegation);
  if (notice === undefined || notice.acknowledgedAt !== null || notice.workspace !== command.workspace) {
    return { kind: 'noop', why: 'already_so', delegation };
  }
  acknowledge(work, notice, command.actor);
  return { kind: 'done', delegation, fresh: true };
}

function acknowledge(work: Work, notice: Notice, actor: string): void {
  const workspace = work.tx.workspace(notice.workspace);
  if (notice.acknowledgedAt !== null || workspace === undefined) {
    return;
  }
  work.tx.updateNotice({ ...notice, acknowledgedAt: work.tx.now });
  sayWorkspace(work, workspace, {
    type: 'notice.acknowledged',
    actor,
    data: { notice_id: notice.id, kind: notice.kind, deliveries: notice.deliveries },
  });
}
