/**
 * Delegating: what is wrong with a call is thrown at once; what depends on how things stand is the admission, and a
 * handle is there either way.
 *
 * Inside a function the task is a child of the one it works for, by the run it is said in and not by what anybody claims:
 * depth and fan-out are those of the real chain.
 */
import { hash } from 'node:crypto';
import { PRIORITIES, type Accept, type Minted } from '../core/delegation/index.ts';
import { ErrandError, type ErrorCode, type Refusal } from '../core/error.ts';
import { formId, type Answer } from '../core/ports/index.ts';
import { commandOf, failureOf, idempotencyOf } from '../flow/index.ts';
import { requireAsking } from './asking.ts';
import type { Admission, Asking } from './background.ts';
import { BatchOfHandles } from './batch-handle.ts';
import type { CalleeSeat } from './callees.ts';
import { toOf } from './ending.ts';
import { TaskHandle } from './handle.ts';
import { DEFAULT_SESSION, INLINE, sessionOfSeat, type House } from './house.ts';
import type { Run } from './run.ts';
import { check, dataOf } from './schema.ts';

/** In whose name, on behalf of what. */
interface Caller {
  seat: string;
  session: string;
  run: Run | undefined;
}

interface Prepared {
  asking: Asking;
  seat: CalleeSeat;
  minted: Minted;
}

export function delegate(house: House, asking: Asking): TaskHandle {
  requireAsking(asking);
  const caller = callerOf(house, asking.session);
  const prepared = prepare(house, asking);
  const { id, key } = prepared.minted;
  const accepted = Promise.withResolvers<Admission>();
  const handle = new TaskHandle(house, { id, key, to: asking.to, session: caller.session }, accepted.promise);
  caller.run?.adopt(handle);
  void admit(house, { caller, prepared, handle }).then(accepted.resolve);
  void arrive(house, [id], accepted.promise);
  return handle;
}

export function delegateBatch(house: House, askings: readonly Asking[]): BatchOfHandles {
  for (const asking of askings) {
    requireAsking(asking);
  }
  const session = askings.find((one) => one.session !== undefined)?.session;
  if (askings.some((one) => one.session !== undefined && one.session !== session)) {
    throw invalid('a batch is of one session');
  }
  const keys = new Set(askings.flatMap(({ idempotencyKey }) => idempotencyKey ?? []));
  if (keys.size > 1) {
    throw invalid('idempotencyKey: a batch has one');
  }
  const { batchMax } = house.line.limits;
  if (askings.length === 0 || askings.length > batchMax) {
    throw invalid(`a batch has 1 to ${batchMax} tasks`);
  }
  const caller = callerOf(house, session);
  const all = askings.map((asking) => prepare(house, asking));
  const minted = mint(house, 'bat');
  const accepted = Promise.withResolvers<Admission>();
  const handles = all.map(
    ({ minted: { id, key }, asking: { to } }) =>
      new TaskHandle(house, { id, key, to, session: caller.session }, accepted.promise),
  );
  for (const handle of handles) {
    caller.run?.adopt(handle);
  }
  const named = { ...minted, session: caller.session };
  const batch = new BatchOfHandles(house, named, { handles, accepted: accepted.promise });
  void admitBatch(house, { caller, all, minted, batch }).then(accepted.resolve);
  void arrive(
    house,
    handles.map(({ id }) => id),
    accepted.promise,
  );
  return batch;
}

/** Whoever has only the id by now is told of it once it is there. */
async function arrive({ arriving }: House, ids: readonly string[], admitted: Promise<Admission>): Promise<void> {
  for (const id of ids) {
    arriving.set(id, admitted);
  }
  await admitted;
  for (const id of ids) {
    arriving.delete(id);
  }
}

function callerOf(house: House, asked: string | undefined): Caller {
  if (house.isClosed) {
    throw new ErrandError({ code: 'shutting_down', message: 'This was closed; nothing is delegated any more.' });
  }
  const run = house.running.getStore();
  const session = asked ?? DEFAULT_SESSION;
  return run === undefined
    ? { seat: house.sessions.seatOf(session), session, run }
    : { seat: run.workspace, session: run.session, run };
}

function prepare(house: House, asking: Asking): Prepared {
  const seat = house.seats.get(asking.to);
  if (seat === undefined) {
    const known = [...house.seats.keys()].slice(0, 20).join(', ');
    throw new ErrandError({
      code: 'not_found',
      message: `There is no ${JSON.stringify(asking.to)}; there is: ${known}.`,
    });
  }
  return { asking, seat, minted: mint(house, 'dlg') };
}

function mint({ ids }: House, kind: 'dlg' | 'bat'): Minted {
  const key = ids.key();
  return { key, id: formId(kind, key, ids.random()) };
}

interface Admitting {
  caller: Caller;
  prepared: Prepared;
  handle: TaskHandle;
}

/** Never rejects. */
async function admit(house: House, { caller, prepared, handle }: Admitting): Promise<Admission> {
  try {
    const command = await acceptOf(house, caller, prepared);
    const full = prepared.asking.full ?? house.full;
    const asked: Accept = full === 'queue' ? command : { ...command, orRefuse: true };
    let answer = await weighed(house, asked);
    if (full === 'inline' && isFull(answer) && prepared.seat.isFunction) {
      answer = await weighed(house, { ...asked, callee: INLINE });
    }
    return admissionOf(handle, answer);
  } catch (error) {
    return rejectedBy(error);
  }
}

async function admitBatch(
  house: House,
  { caller, all, minted, batch }: { caller: Caller; all: readonly Prepared[]; minted: Minted; batch: BatchOfHandles },
): Promise<Admission> {
  try {
    const tasks = await Promise.all(
      all.map(async (prepared, batchIndex) => {
        const command = await acceptOf(house, caller, prepared);
        const orRefuse = (prepared.asking.full ?? house.full) === 'queue' ? {} : { orRefuse: true as const };
        return { ...command, idempotency: null, ...orRefuse, request: { ...command.request, batchIndex } };
      }),
    );
    const key = all.find(({ asking }) => asking.idempotencyKey !== undefined)?.asking.idempotencyKey;
    const asking = { caller: caller.seat, actor: caller.seat, ...(key === undefined ? {} : { idempotencyKey: key }) };
    // Of what was asked, wherever it is done.
    const idempotency = idempotencyOf(
      asking,
      tasks.map(({ request, callee, skill }) => ({ request, callee, skill })),
    );
    const about = { type: 'open_batch', minted, caller: caller.seat, idempotency } as const;
    const record = async (some: readonly Accept[]): Promise<Answer> =>
      weighedAll(house, some, async () => house.line.recorder.record({ ...about, tasks: [...some] }));
    let answer = await record(tasks);
    if (
      isFull(answer) &&
      all.every(({ asking: one, seat }) => (one.full ?? house.full) === 'inline' && seat.isFunction)
    ) {
      answer = await record(tasks.map((task) => ({ ...task, callee: INLINE })));
    }
    return await batchAdmissionOf(house, batch, answer);
  } catch (error) {
    return rejectedBy(error);
  }
}

async function acceptOf(house: House, caller: Caller, { asking, seat, minted }: Prepared): Promise<Accept> {
  const task = {
    callee: seat.id,
    ...(await whatOf(asking, seat)),
    ...wishesOf(asking),
    validForMs: wholeMs(asking.validForMs ?? house.queueAgeMs, house.line.limits.deadlineMsMax),
    delivery: seat.recovery === 'unknown' ? ('at_most_once' as const) : ('at_least_once' as const),
  };
  const { run } = caller;
  const key = asking.idempotencyKey ?? keyInRun(run, asking, task);
  const by = {
    ...{ caller: caller.seat, actor: run?.id ?? caller.seat },
    ...(run === undefined ? {} : { parent: run.key }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
  const command = commandOf(house.line, by, task);
  const { request, callee } = command;
  return {
    ...command,
    minted,
    skill: asking.to,
    ...(seat.isRecursive ? { recursive: true } : {}),
    ...(run === undefined ? {} : { quiet: true }),
    idempotency: idempotencyOf(by, { request, callee, skill: asking.to }),
  };
}

/** What is asked: a text, with typed input as data beside it. */
async function whatOf({ task, input, parts = [] }: Asking, seat: CalleeSeat) {
  const checked = seat.input === undefined ? { value: input } : await check(seat.input, input);
  if ('wrong' in checked) {
    throw invalid(`input: ${checked.wrong}`);
  }
  if (checked.value === undefined) {
    return { task: task ?? '', ...(parts.length === 0 ? {} : { parts: [...parts] }) };
  }
  const data = dataOf(checked.value);
  return { task: task ?? data.text, parts: [...data.parts, ...parts] };
}

function wishesOf(asking: Asking) {
  const { context, conversation, priority, deadlineMs, startAt, supersedes, labels, traceparent, budget } = asking;
  return {
    ...(context === undefined ? {} : { context }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(priority === undefined ? {} : { priority: PRIORITIES[priority] }),
    ...(deadlineMs === undefined ? {} : { deadlineMs: Math.ceil(deadlineMs) }),
    ...(startAt === undefined ? {} : { startAt: startAt.getTime() }),
    ...(supersedes === undefined ? {} : { supersedes }),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(budget === undefined ? {} : { budget }),
  };
}

/** A moment is a whole number in every store, and nothing is worth starting after the last deadline there can be. */
function wholeMs(ms: number, most: number): number {
  return Math.min(Math.ceil(ms), most);
}

/** A run that begins anew and delegates the same again has its child again, and what it did is not done twice. */
function keyInRun(run: Run | undefined, { to }: Asking, task: { task: string; parts?: unknown }): string | undefined {
  return run?.mayRunAgain === true
    ? run.keyOf(hash('sha256', JSON.stringify([to, task.task, task.parts]), 'base64url'))
    : undefined;
}

async function weighed(house: House, command: Accept): Promise<Answer> {
  return weighedAll(house, [command], async () => house.line.recorder.record(command));
}

/** Counted from the moment it is asked for, so that many at once do not pass together. */
async function weighedAll(house: House, tasks: readonly Accept[], record: () => Promise<Answer>): Promise<Answer> {
  const { weight } = house;
  const weights = tasks.map(({ request }) => bytesOf(request));
  const refused = weight.refuse(weights.reduce((sum, bytes) => sum + bytes, 0));
  if (refused !== undefined) {
    return { kind: 'refused', refusal: refused };
  }
  for (const [index, { minted }] of tasks.entries()) {
    weight.add(minted?.key ?? 0, weights[index] ?? 0);
  }
  const answer = await record();
  const isKept = (answer.kind === 'done' || answer.kind === 'batch') && answer.fresh;
  if (!isKept) {
    for (const { minted } of tasks) {
      weight.drop(minted?.key ?? 0);
    }
  }
  return answer;
}

function bytesOf({ task, context = '', parts }: Accept['request']): number {
  return (
    Buffer.byteLength(task) +
    Buffer.byteLength(context) +
    (parts === undefined ? 0 : Buffer.byteLength(JSON.stringify(parts)))
  );
}

function isFull(answer: Answer): boolean {
  return answer.kind === 'refused' && answer.refusal.code === 'no_free_slot';
}

function admissionOf(handle: TaskHandle, answer: Answer): Admission {
  if (answer.kind !== 'done') {
    return rejectedBy(failureOf(answer));
  }
  const { id, key, status, caller } = answer.delegation;
  const session = sessionOfSeat(caller);
  handle.keptAs({ id, key, to: toOf(answer.delegation), ...(session === undefined ? {} : { session }) }, status);
  return answer.fresh ? { kind: 'accepted', state: STATES[status] ?? 'waiting' } : { kind: 'known', id, status };
}

async function batchAdmissionOf(house: House, handle: BatchOfHandles, answer: Answer): Promise<Admission> {
  if (answer.kind !== 'batch') {
    return rejectedBy(failureOf(answer));
  }
  const { batch, fresh } = answer;
  handle.keptAs(batch);
  const rows = fresh
    ? answer.delegations
    : (await house.line.engine.delegations({ batch: batch.key, limit: house.line.limits.batchMax })).toReversed();
  for (const [index, { id, key, status }] of rows.entries()) {
    handle.handles[index]?.keptAs({ id, key }, status);
  }
  return fresh
    ? { kind: 'accepted', state: rows.some(({ status }) => status === 'dispatched') ? 'running' : 'queued' }
    : { kind: 'known', id: batch.id, status: batch.settledAt === null ? 'in_progress' : 'completed' };
}

const STATES: Readonly<Record<string, 'running' | 'queued'>> = {
  dispatched: 'running',
  in_progress: 'running',
  queued: 'queued',
};

/** What can be done about it, of the things that are there. */
const NEXT: Readonly<Partial<Record<ErrorCode, readonly string[]>>> = {
  queue_full: ['wait', 'cancel'],
  no_free_slot: ['wait', 'cancel', 'queue'],
  fan_out_exceeded: ['wait', 'cancel'],
  budget_exhausted: ['do this part yourself', 'end with what is there'],
  unavailable: ['try again with the same idempotencyKey'],
  storage_full: ['free space on the disk', 'try again with the same idempotencyKey'],
};

function rejectedBy(error: unknown): Admission {
  const { code, message, retryAfterMs }: Refusal =
    error instanceof ErrandError
      ? {
          code: error.code,
          message: error.message,
          ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
        }
      : { code: 'internal', message: error instanceof Error ? error.message : String(error) };
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { kind: 'rejected', code, message, ...wait, nextActions: NEXT[code] ?? ['do this part yourself'] };
}

function invalid(message: string): ErrandError {
  return new ErrandError({ code: 'invalid_request', message: `${message}.` });
}
