/** The limits of a simulated platform: small and short, so that a seed meets every one of them. */
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
  resultBytesMax: 4096,
};

/** A sweep a second is the backstop of everything that time does. */
export const SWEEP_MS = 1000;
