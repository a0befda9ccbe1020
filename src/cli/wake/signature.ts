/**
 * Standard Webhooks: what a delivery is called, and the signature by which its receiver knows who sent it.
 *
 * The key is what stands in base64 behind `whsec_`; signed is `id.timestamp.body`, with HMAC-SHA256.
 */
import { createHash, createHmac } from 'node:crypto';
import { usage } from '../failure.ts';

const PREFIX = 'whsec_';
const KEY_BYTES = { least: 24, most: 64 };

export function keyOfSecret(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const key = Buffer.from(text, 'base64');
  const isWhole = key.toString('base64').replace(/[=]+$/u, '') === text.replace(/[=]+$/u, '');
  if (!isWhole || key.length < KEY_BYTES.least || key.length > KEY_BYTES.most) {
    throw usage(
      'the secret is not one of Standard Webhooks.',
      `It is ${PREFIX} and ${KEY_BYTES.least} to ${KEY_BYTES.most} random bytes in base64: printf 'whsec_%s' "$(openssl rand -base64 32)"`,
    );
  }
  return key;
}

/** The same for the same notices, however often they are sent: a receiver can tell that it has had them. */
export function deliveryId(workspace: string, ids: readonly string[]): string {
  const of = JSON.stringify([workspace, ...ids.toSorted()]);
  return `msg_${createHash('sha256').update(of).digest('hex').slice(0, 32)}`;
}

export function signed(key: Buffer, { id, at, body }: { id: string; at: number; body: string }): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
}
