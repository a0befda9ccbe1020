/**
 * The desk of a session, and of a function at work: where the tools of the one list are called, without a platform.
 *
 * In the shapes that the API has, and in the names that the program gave: a model is told the same whether its peers
 * are functions or far away. What was delegated from elsewhere is not there for it.
 */
import { isSettled, type Delegation } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import { brief, cancel, answer, changed, PREVIEW_CHARACTERS, receipt, row, watch } from '../flow/index.ts';
import type { Asked, Desk, DeskError } from '../tools/index.ts';
import type { Admission, Asking } from './background.ts';
import { delegate, delegateBatch } from './delegate.ts';
import { deskInbox } from './desk-inbox.ts';
import { deskMemory } from './desk-memory.ts';
import { deskPeers } from './desk-peers.ts';
import { Place } from './desk-place.ts';
import { refusedAt, refusing } from './desk-refusal.ts';
import { takeEnding, takeQuestion, toOf } from './ending.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';

/** `run`: of the function at work in it; else of the session, unless it is used inside a function. */
export function deskOf(house: House, session: string, run?: Run): Desk {
  const place = new Place(house, session);
  const methods = {
    ...delegating(place),
    ...acting(place),
    ...deskInbox(place),
    ...deskPeers(place),
    ...deskMemory(place),
    ...NOBODY_THERE,
  };
  return { workspace: run?.name ?? session, lacks: ['say'], ...refusing(house, run, methods) };
}

function delegating(place: Place) {
  const { house } = place;
  return {
    async delegate(asked, idempotencyKey) {
      const handle = delegate(house, askingOf(place, asked, idempotencyKey));
      const admitted = accepted(await handle.accepted);
      return receiptOf(place, handle, admitted.kind === 'known');
    },
    async delegateBatch(tasks, idempotencyKey) {
      const askings = tasks.map((asked) => askingOf(place, asked, idempotencyKey));
      const batch = delegateBatch(house, askings);
      const admitted = accepted(await batch.accepted);
      const isKnown = admitted.kind === 'known';
      return {
        batch_id: batch.id,
        delegations: await Promise.all(batch.handles.map(async (handle) => receiptOf(place, handle, isKnown))),
      };
    },
    async look(id, { waitMs = 0, collect = false, signal } = {}) {
      const found = await place.find(id);
      if (found === undefined) {
        return undefined;
      }
      const now = waitMs > 0 && !isAtRest(found) ? await waited(place, found, { waitMs, signal }) : found;
      const shown = await shownOf(place, now);
      // Whoever has gone was shown nothing.
      if (collect && signal?.aborted !== true) {
        await take(place, now);
      }
      return shown;
    },
    async list({ limit, batch, status }) {
      const rows = await place.list({ limit, batch, status });
      const keys = rows.map(({ key }) => key);
      const { engine } = house.line;
      const [requests, results] = await Promise.all([
        engine.requests(keys),
        engine.results(keys, PREVIEW_CHARACTERS + 1),
      ]);
      return rows.map((one) => {
        const bodies = { request: requests.get(one.key), result: results.get(one.key) };
        return { ...row(one, bodies), source_id: place.name, target_id: toOf(one) };
      });
    },
  } satisfies Partial<Desk>;
}

function acting(place: Place) {
  const { line } = place.house;
  return {
    async result(id) {
      const found = await place.required(id);
      const { status } = found;
      if (!isSettled(status)) {
        throw new ErrandError({ code: 'not_now', message: `The task is ${status}; there is no result yet.` });
      }
      const result = await line.engine.result(found.key);
      if (result === undefined) {
        throw refusedAt('not_found', `The task is ${status} and has no result.`, 'check_task_status says why.');
      }
      await take(place, found);
      const { text, length, sha256 } = result;
      return { delegation_id: id, status, text, length, sha256 };
    },
    async cancel(id, reason) {
      const { key } = await place.required(id);
      const { delegation, fresh } = await cancel(line, { ref: { key, id }, actor: place.actor }, reason);
      return { ...(await changed(line, delegation)), cancel_requested: fresh };
    },
    async answer(id, text) {
      const { key } = await place.required(id);
      const { delegation } = await answer(line, { ref: { key, id }, actor: place.actor }, text);
      return changed(line, delegation);
    },
  } satisfies Partial<Desk>;
}

/** One process has no person of its own to speak to: who runs the model reads what it says. */
const NOBODY_THERE = {
  async say() {
    throw nobody();
  },
  async upload() {
    throw nobody();
  },
} satisfies Partial<Desk>;

function nobody(): DeskError {
  return refusedAt('invalid_request', 'There is no person at this desk.', 'Say it in your answer instead.');
}

function askingOf({ session, run }: Place, asked: Asked, key: string | undefined): Asking {
  const { target_id: to, task, context, conversation_id: conversation, priority } = asked;
  return {
    ...{ to, task, session },
    ...(context === undefined ? {} : { context }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(priority === undefined ? {} : { priority }),
    // The ids of calls are those of one conversation, and every run is one of its own.
    ...(key === undefined ? {} : { idempotencyKey: run === undefined ? key : `${run.id}/${key}` }),
  };
}

function accepted(admission: Admission): Exclude<Admission, { kind: 'rejected' }> {
  if (admission.kind === 'rejected') {
    const { code, message, retryAfterMs } = admission;
    throw new ErrandError({ code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
  return admission;
}

async function receiptOf({ house: { line } }: Place, handle: TaskHandle, isKnown: boolean) {
  const kept = await handle.row();
  if (kept === undefined) {
    throw new ErrandError({ code: 'not_found', message: `${handle.id} is no longer kept.` });
  }
  const hit = isKnown ? { idempotent_hit: true } : {};
  return { ...(await receipt(line, kept)), target_id: toOf(kept), ...hit };
}

function isAtRest({ status }: Delegation): boolean {
  return isSettled(status) || status === 'input_required';
}

/** As it stands when it has ended or asks, or the time is over; a function's slot is free meanwhile. */
async function waited(
  { house, run }: Place,
  found: Delegation,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal | undefined },
): Promise<Delegation> {
  const until = AbortSignal.any([house.closing, ...(signal === undefined ? [] : [signal])]);
  const watching = watch(house.line, { key: found.key, since: 'rest', waitMs, signal: until });
  return (await (run === undefined ? watching : run.rest(watching))) ?? found;
}

async function shownOf({ house: { line } }: Place, one: Delegation) {
  const [request, result] = await Promise.all([
    line.engine.request(one.key),
    isSettled(one.status) ? line.engine.result(one.key) : undefined,
  ]);
  return { ...(await brief(line, one, { request, result })), target_id: toOf(one) };
}

/** It was shown: no turn tells of it. */
async function take({ house }: Place, one: Delegation): Promise<void> {
  if (isSettled(one.status)) {
    await takeEnding(house, one.key);
  } else if (one.status === 'input_required') {
    await takeQuestion(house, one);
  }
}
