/**
 * Whether what the demo told is true: looked up afterwards, at the platform and at the agents themselves.
 */
import { createHash } from 'node:crypto';
import type { Notice, Result } from '../shapes.ts';
import { replyTo } from './cast.ts';
import type { Stage } from './stage.ts';
import type { Errand, Story } from './story.ts';

export interface Claim {
  claim: string;
  holds: boolean;
  /** What was found instead. */
  found?: string;
}

export async function prove(stage: Stage, story: Story): Promise<Claim[]> {
  const { errands } = story;
  const results = await Promise.all(errands.map(async (errand) => resultOf(stage, errand)));
  const rest = await stage.lead.get<Notice[]>(stage.lead.seat('/inbox'));
  const positions = errands.map(({ receipt }) => receipt.position ?? 0);
  return [
    all('every delegation completed', errands, (_one, index) => results[index]?.status === 'completed'),
    all('every ending was told exactly once', errands, (one) => {
      const endings = story.endingsOf(one);
      return endings.length === 1 && endings[0]?.deliveries === 1;
    }),
    claim('nothing is left in the inbox', rest.length === 0, `${rest.length} left`),
    all('every result is what its agent said, byte for byte', errands, ({ task }, index) => {
      const result = results[index];
      return result !== undefined && result.text === replyTo(task) && result.sha256 === sha256(result.text);
    }),
    all('what was told is what is kept', errands, (one, index) => hashTold(story, one) === results[index]?.sha256),
    all('every agent did each task once', errands, ({ id, callee }) => ledgerOf(stage, callee)?.get(id)?.runs === 1),
    claim('a queue formed', Math.max(...positions) >= 2, `positions ${positions.join(', ')}`),
    claim('the agent with one slot never had two', ledgerOf(stage, 'reviewer')?.peak === 1, 'more than one at once'),
    all(
      'the broken connection was tried again',
      errands.filter(({ callee }) => callee === 'courier'),
      ({ id }) => ledgerOf(stage, 'courier')?.arrivals(id) === 2,
    ),
    batchClaim(story),
  ];
}

async function resultOf(stage: Stage, { id }: Errand): Promise<Result | undefined> {
  // What has no result fails its claim; why it has none is shown by the platform.
  return stage.lead.get<Result>(stage.lead.seat(`/delegations/${id}/result`)).catch(() => undefined);
}

function hashTold(story: Story, errand: Errand): string | undefined {
  const [notice] = story.endingsOf(errand);
  const told = notice?.results?.find(({ delegation_id: id }) => id === errand.id) ?? notice;
  return told?.result?.sha256;
}

function batchClaim({ errands, notices }: Story): Claim {
  const asked = errands.filter(({ batch }) => batch !== undefined);
  const told = notices.filter(({ batch_id: batch }) => batch !== undefined && batch === asked[0]?.batch);
  const order = told[0]?.results?.map(({ delegation_id: id }) => id) ?? [];
  const holds = told.length === 1 && asked.length === 3 && order.join(' ') === asked.map(({ id }) => id).join(' ');
  return claim('the batch came back as one notice, in the order it was asked', holds, `${told.length} notices`);
}

function ledgerOf(stage: Stage, id: string) {
  return stage.troupe.peers.get(id)?.ledger;
}

function all(words: string, errands: readonly Errand[], holds: (one: Errand, index: number) => boolean): Claim {
  const not = errands.filter((one, index) => !holds(one, index)).map(({ task }) => task);
  return claim(words, not.length === 0 && errands.length > 0, `not: ${not.join(', ')}`);
}

function claim(words: string, holds: boolean, found: string): Claim {
  return { claim: words, holds, ...(holds ? {} : { found }) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
