/**
 * The token of one attempt: lets the callee delegate on behalf of what it was given, and settle it by pulling.
 *
 * It names the delegation and its epoch and is signed with a secret of the store, so it needs no row; it is worth
 * something only while that epoch is current. Ancestry comes from here and never from what a caller claims (D15).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Delegation } from '../core/delegation/index.ts';
import { isSettled } from '../core/delegation/index.ts';
import type { Line } from './line.ts';

const PREFIX = 'att_';

export function attemptToken(line: Pick<Line, 'secret'>, attempt: { id: string; epoch: number }): string {
  const body = `${Buffer.from(attempt.id).toString('base64url')}.${attempt.epoch}`;
  return `${PREFIX}${body}.${sign(line.secret, body)}`;
}

/** The delegation that the bearer works on right now; undefined for any token that is not, or no longer, good. */
export async function attemptOf(line: Line, token: string): Promise<Delegation | undefined> {
  const [id, epoch, signature] = token.startsWith(PREFIX) ? token.slice(PREFIX.length).split('.') : [];
  if (id === undefined || epoch === undefined || signature === undefined) {
    return undefined;
  }
  const expected = Buffer.from(sign(line.secret, `${id}.${epoch}`));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    return undefined;
  }
  const delegation = await line.engine.delegation({ id: Buffer.from(id, 'base64url').toString() });
  return delegation !== undefined && delegation.epoch === Number(epoch) && !isSettled(delegation.status)
    ? delegation
    : undefined;
}

function sign(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('base64url').slice(0, 32);
}
