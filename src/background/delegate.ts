/**
 * Delegating: what is wrong with a call is thrown at once; what depends on how things stand is the admission, and a
 * handle is there either way.
 *
 * Inside a function the task is a child of the one it works for, by the run it is said in and not by what anybody claims:
 * depth and fan-out are those of the real chain.
 */
import { hash } from 'node:crypto';
import { PRIORITIES, type Accept, type Minted, type Part } from '../core/delegation/index.ts';
import { ErrandError, type ErrorCode, type Refusal } from '../core/error.ts';
import { formId, type Answer } from '../core/ports/index.ts';
import { commandOf, failureOf, idempotencyOf, type Asking as By, type Task } from '../flow/index.ts';
import { requireAsking } from './asking.ts';
import type { Admission, Asking, Full } from './background.ts';
import { BatchOfHandles } from './batch-handle.ts';
import type { CalleeSeat } from './callees.ts';
import { closed } from './closed.ts';
import { toOf } from './ending.ts';
import { TaskHandle } from './handle.ts';
import { DEFAULT_SESSION, INLINE, sessionOfSeat, type House } from './house.ts';
import type { Run } from './run.ts';
import { check, dataOf, jsonOf } from './schema.ts';
import { bytesOf } from './weight.ts';
import { wrong } from './wrong.ts';

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
  const handle = new TaskHandle(house, { id, key, to: asking.to, session: caller.session }, { isFresh: true });
  caller.run?.adopt(handle);
  house.arriving.set(key, handle);
  void admit(house, { caller, prepared, handle });
  return handle;
}

export function delegateBatch(house: House, askings: readonly Asking[]): BatchOfHandles {
  for (const asking of askings) {
    requireAsking(asking);
  }
  const session = askings.find((one) => one.session !== undefined)?.session;
  if (askings.some((one) => one.session !== undefined && one.session !== session)) {
    throw wrong('a batch is of one session');
  }
  const keys = new Set(askings.flatMap(({ idempotencyKey }) => idempotencyKey ?? []));
  if (keys.size > 1) {
    throw wrong('idempotencyKey: a batch has one');
  }
  const { batchMax } = house.line.limits;
  if (askings.length === 0 || askings.length > batchMax) {
    throw wrong(`a batch has 1 to ${batchMax} tasks`);
  }
  const caller = callerOf(house, session);
  const all = askings.map((asking) => prepare(house, asking));
  const minted = mint(house, 'bat');
  const handles = all.map(
    ({ minted: { id, key }, asking: { to } }) =>
      new TaskHandle(house, { id, key, to, session: caller.session }, { isFresh: true }),
  );
  for (const handle of handles) {
    caller.run?.adopt(handle);
    house.arriving.set(handle.key ?? 0, handle);
  }
  const accepted = Promise.withResolvers<Admission>();
  const named = { ...minted, session: caller.session };
  const batch = new BatchOfHandles(house, named, { handles, accepted: accepted.promise });
  void admitBatch(house, { caller, all, minted, batch }).then(accepted.resolve);
  return batch;
}

function callerOf(house: House, asked: string | undefined): Caller {
  const run = house.running.current;
  // While it drains, what is at work goes on as before.
  if (house.isClosed && (run === undefined || run.signal.aborted || house.closing.aborted)) {
    throw closed(house);
  }
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

/** Never rejects. What nobody has to check is on its way before the call returns. */
async function admit(house: House, { caller, prepared, handle }: Admitting): Promise<void> {
  try {
    const { asking, seat } = prepared;
    const input = seat.input === undefined ? asking.input : await inputOf(asking, seat);
    const command = acceptOf(house, { caller, prepared, input });
    let answer = await weighed(house, command);
    if (fullOf(house, asking) === 'inline' && isFull(answer) && seat.isFunction) {
      answer = await weighed(house, { ...command, callee: INLINE });
    }
    if (!isKept(answer)) {
      house.weight.drop(prepared.minted.key);
    }
    handle.admitted(admissionOf(handle, answer));
  } catch (error) {
    handle.admitted(rejectedBy(error));
  } finally {
    house.arriving.delete(prepared.minted.key);
  }
}

interface AdmittingBatch {
  caller: Caller;
  all: readonly Prepared[];
  minted: Minted;
  batch: BatchOfHandles;
}

async function admitBatch(house: House, admitting: AdmittingBatch): Promise<Admission> {
  const admission = await batchAdmitted(house, admitting);
  for (const [index, handle] of admitting.batch.handles.entries()) {
    handle.admitted(admission);
    house.arriving.delete(admitting.all[index]?.minted.key ?? 0);
  }
  return admission;
}

async function batchAdmitted(house: House, { caller, all, minted, batch }: AdmittingBatch): Promise<Admission> {
  try {
    const inputs = await Promise.all(all.map(async ({ asking, seat }) => inputOf(asking, seat)));
    const tasks = all.map((prepared, batchIndex) => {
      const command = acceptOf(house, { caller, prepared, input: inputs[batchIndex] });
      return { ...command, idempotency: null, request: { ...command.request, batchIndex } };
    });
    const what = tasks.map(({ request, callee, skill }) => ({ request, callee, skill }));
    const key =
      keyIn(caller, all.find(({ asking }) => asking.idempotencyKey !== undefined)?.asking) ??
      keyInRun(
        caller.run,
        all.map(({ asking: { to, task, input } }) => [to, task, input]),
      );
    const asking = { caller: caller.seat, actor: caller.seat, ...(key === undefined ? {} : { idempotencyKey: key }) };
    // Of what was asked, wherever it is done.
    const idempotency = idempotencyOf(asking, what);
    const about = { type: 'open_batch', minted, caller: caller.seat, idempotency } as const;
    const record = async (some: readonly Accept[]): Promise<Answer> =>
      weighedAll(house, some, async () => house.line.recorder.record({ ...about, tasks: [...some] }));
    let answer = await record(tasks);
    if (
      isFull(answer) &&
      all.every(({ asking: one, seat }) => (one.full ?? house.full) === 'inline' && seat.isFunction)
    ) {
      answer = await record(tasks.map((task) => (task.orRefuse === true ? { ...task, callee: INLINE } : task)));
    }
    return await batchAdmissionOf(house, batch, answer);
  } catch (error) {
    return rejectedBy(error);
  }
}

interface Wish {
  caller: Caller;
  prepared: Prepared;
  /** As its schema gave it. */
  input: unknown;
}

/** Written field by field: what is not there is no field, and copies of this were a tenth of a delegation. */
function acceptOf(house: House, { caller, prepared, input }: Wish): Accept {
  const { asking, seat, minted } = prepared;
  const { run } = caller;
  const task = taskOf(house, { asking, seat, input });
  const by: By = { caller: caller.seat, actor: run?.id ?? caller.seat };
  const key = keyIn(caller, asking) ?? keyInRun(run, [asking.to, task.task, task.parts]);
  const command = commandOf(house.line, by, task);
  command.minted = minted;
  command.skill = asking.to;
  if (run !== undefined) {
    command.parent = run.key;
    command.quiet = true;
  }
  if (seat.isRecursive) {
    command.recursive = true;
  }
  if (fullOf(house, asking) !== 'queue') {
    command.orRefuse = true;
  }
  if (key !== undefined) {
    const { request, callee } = command;
    command.idempotency = idempotencyOf({ ...by, idempotencyKey: key }, { request, callee, skill: asking.to });
  }
  return command;
}

/** Beside the slots nobody would keep a conversation in its order: there it waits for its turn. */
function fullOf(house: House, { full = house.full, conversation }: Asking): Full {
  return full === 'inline' && conversation !== undefined ? 'queue' : full;
}

/** Checked by the schema of the callee, where it has one. */
async function inputOf({ input }: Asking, seat: CalleeSeat): Promise<unknown> {
  const checked = await check(seat.input, input);
  if ('wrong' in checked) {
    throw wrong(`input: ${checked.wrong}`);
  }
  return checked.value;
}

/** What is asked: a text, with typed input as data beside it; and what is wished of it. */
function taskOf(house: House, { asking, seat, input }: { asking: Asking; seat: CalleeSeat; input: unknown }): Task {
  const task: Task = {
    callee: seat.id,
    task: asking.task ?? '',
    validForMs: wholeMs(asking.validForMs ?? house.queueAgeMs, house.line.limits.deadlineMsMax),
    delivery: seat.recovery === 'unknown' ? 'at_most_once' : 'at_least_once',
  };
  const parts: readonly Part[] = asking.parts ?? [];
  if (parts.length > 0) {
    jsonOf('parts', parts);
  }
  if (input !== undefined) {
    const data = dataOf(input);
    task.task = asking.task ?? data.text;
    task.parts = [...data.parts, ...parts];
  } else if (parts.length > 0) {
    task.parts = [...parts];
  }
  if (asking.priority !== undefined) {
    task.priority = PRIORITIES[asking.priority];
  }
  if (asking.deadlineMs !== undefined) {
    task.deadlineMs = Math.ceil(asking.deadlineMs);
  }
  if (asking.startAt !== undefined) {
    task.startAt = asking.startAt.getTime();
  }
  if (asking.labels !== undefined) {
    task.labels = { ...asking.labels };
  }
  for (const field of AS_SAID) {
    wish(task, field, asking[field]);
  }
  return task;
}

const AS_SAID = ['context', 'conversation', 'supersedes', 'traceparent', 'budget'] as const;

function wish<F extends (typeof AS_SAID)[number]>(task: Task, field: F, said: Task[F] | undefined): void {
  if (said !== undefined) {
    task[field] = said;
  }
}

/** Functions share a seat; their keys are those of the session all the same. */
function keyIn({ run }: Caller, asking: Asking | undefined): string | undefined {
  const key = asking?.idempotencyKey;
  return key === undefined || run === undefined ? key : `${run.session}/${key}`;
}

/** A moment is a whole number in every store, and nothing is worth starting after the last deadline there can be. */
function wholeMs(ms: number, most: number): number {
  return Math.min(Math.ceil(ms), most);
}

/** A run that begins anew and delegates the same again has its child again, and what it did is not done twice. */
function keyInRun(run: Run | undefined, said: unknown): string | undefined {
  return run?.mayRunAgain === true ? run.keyOf(hash('sha256', JSON.stringify(said), 'base64url')) : undefined;
}

/** Counted from the moment it is asked for, so that many at once do not pass together. */
function weighed({ line, weight }: House, command: Accept): Promise<Answer> {
  const bytes = bytesOf(command.request);
  const refused = weight.refuse(bytes);
  if (refused !== undefined) {
    return Promise.resolve({ kind: 'refused', refusal: refused });
  }
  weight.add(command.minted?.key ?? 0, bytes);
  return line.recorder.record(command);
}

/** All of them or none. */
async function weighedAll({ weight }: House, tasks: readonly Accept[], record: () => Promise<Answer>): Promise<Answer> {
  const weights = tasks.map(({ request }) => bytesOf(request));
  const refused = weight.refuse(weights.reduce((sum, bytes) => sum + bytes, 0));
  if (refused !== undefined) {
    return { kind: 'refused', refusal: refused };
  }
  for (const [index, { minted }] of tasks.entries()) {
    weight.add(minted?.key ?? 0, weights[index] ?? 0);
  }
  const answer = await record();
  if (!isKept(answer)) {
    for (const { minted } of tasks) {
      weight.drop(minted?.key ?? 0);
    }
  }
  return answer;
}

function isKept(answer: Answer): boolean {
  return (answer.kind === 'done' || answer.kind === 'batch') && answer.fresh;
}

function isFull(answer: Answer): boolean {
  return answer.kind === 'refused' && answer.refusal.code === 'no_free_slot';
}

function admissionOf(handle: TaskHandle, answer: Answer): Admission {
  if (answer.kind !== 'done') {
    return rejectedBy(failureOf(answer));
  }
  const { id, key, status, caller } = answer.delegation;
  if (answer.fresh) {
    handle.keptAs(status);
    return { kind: 'accepted', state: STATES[status] ?? 'waiting' };
  }
  const session = sessionOfSeat(caller);
  handle.keptAs(status, { id, key, to: toOf(answer.delegation), ...(session === undefined ? {} : { session }) });
  return { kind: 'known', id, status };
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
    handle.handles[index]?.keptAs(status, { id, key });
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
  idempotency_conflict: ['take another idempotencyKey'],
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
