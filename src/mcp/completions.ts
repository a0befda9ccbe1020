/**
 * completion/complete: the names of peers, and the ids of what was delegated lately, by what has been typed so far.
 */
import { z } from 'zod';
import type { Desk } from '../tools/index.ts';
import { method, type Method } from './method.ts';
import { DELEGATION_TEMPLATE, RESULT_TEMPLATE } from './resources.ts';

/** By the protocol. */
const VALUES_MAX = 100;
const LISTED = 200;

const completeParams = z.looseObject({
  ref: z.looseObject({ type: z.string(), name: z.string().optional(), uri: z.string().optional() }),
  argument: z.looseObject({ name: z.string().max(200), value: z.string().max(500) }),
});

export function completionMethods(): [string, Method][] {
  return [
    [
      'completion/complete',
      method(completeParams, async ({ ref, argument }, { caller }) => {
        const source = sourceOf(ref.name ?? ref.uri ?? '', argument.name);
        const all = source === undefined ? [] : await source(caller.desk);
        const typed = argument.value.toLowerCase();
        const fitting = all.filter((value) => value.toLowerCase().includes(typed));
        const values = fitting.slice(0, VALUES_MAX);
        return { completion: { values, total: fitting.length, hasMore: fitting.length > values.length } };
      }),
    ],
  ];
}

type Source = (desk: Desk) => Promise<string[]>;

const SOURCES: Readonly<Record<string, Source>> = {
  'delegate peer': async (desk) => (await desk.peers()).peers.map(({ name }) => name),
  'review_results task_id': delegations,
  [`${DELEGATION_TEMPLATE} id`]: delegations,
  [`${RESULT_TEMPLATE} id`]: delegations,
};

function sourceOf(what: string, argument: string): Source | undefined {
  const name = `${what} ${argument}`;
  return Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
}

async function delegations(desk: Desk): Promise<string[]> {
  return (await desk.list({ limit: LISTED })).map(({ delegation_id: id }) => id);
}
