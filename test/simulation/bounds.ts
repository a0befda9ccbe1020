/**
 * The limits of a simulated platform: small, so that a seed runs into each of them.
 */
import { LIMITS, type Limits } from '../../src/core/delegation/index.ts';

export const BOUNDS: Limits = {
  ...LIMITS,
  queuePerCalleeMax: 8,
  queuePerOrgMax: 40,
  fanOutParentMax: 3,
  fanOutRootMax: 6,
  depthMax: 3,
  deadlineMs: 120_000,
  noticeLeaseMs: 5000,
  stallMs: 20_000,
  stallGraceMs: 5000,
  cancelGraceMs: 3000,
  backoffMostMs: 10_000,
  leaseMs: 6000,
  presenceMs: 10_000,
};
