/**
 * What was refused at a desk, in words for a model: what it can do about it, of the tools that it has.
 */
import { ErrandError, ERRORS, type ErrorCode } from '../core/error.ts';
import { DeskError } from '../tools/index.ts';
import { closed } from './closed.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';

/** Where the catalog speaks of a platform, its routes and whoever runs it. */
const FIXES: Readonly<Partial<Record<ErrorCode, string>>> = {
  self_delegation: 'Do this part yourself, or choose another peer; list_peers shows them.',
  cycle: 'Do this part yourself, or choose another peer; list_peers shows them.',
  not_found: 'list_peers shows whom there is; check_task_status() without a task_id lists your tasks.',
  not_now: 'check_task_status shows how things stand.',
  idempotency_conflict: 'Call again, as a new call.',
  fan_out_exceeded: 'Wait for some of your tasks (wait_for_tasks), or cancel one (cancel_task); then call again.',
  queue_full: 'Wait for some of your tasks (wait_for_tasks), or cancel one (cancel_task); then call again.',
  no_free_slot: 'Wait for some of your tasks (wait_for_tasks), or cancel one (cancel_task); then call again.',
  budget_exhausted: 'Do this part yourself, or end with what there is.',
  memory_limit: 'Nothing more can be kept here; recall_memory finds what is.',
  internal: 'Try again; tell the user if it stays.',
  unavailable: 'Try again in a moment.',
  shutting_down: 'Nothing more is done here: end with what there is.',
  storage_full: 'Tell the user that the disk is full; nothing that was accepted is lost.',
};

export function refusedAt(code: ErrorCode, message: string, fix: string): DeskError {
  return new DeskError({ code, message, fix });
}

type Method = (...given: never[]) => Promise<unknown>;

/** The same, refusing in words; said in `run`, where there is one. */
export function refusing<T extends Record<string, Method>>(house: House, run: Run | undefined, methods: T): T {
  const wrapped = Object.entries(methods).map(([name, method]) => {
    const call = async (...given: never[]): Promise<unknown> => told(house, async () => method(...given));
    return [
      name,
      run === undefined ? call : async (...given: never[]) => house.running.within(run, async () => call(...given)),
    ];
  });
  return Object.fromEntries(wrapped) as T;
}

async function told<R>(house: House, call: () => Promise<R>): Promise<R> {
  try {
    if (house.closing.aborted) {
      throw closed(house);
    }
    return await call();
  } catch (error) {
    if (error instanceof ErrandError) {
      if (error.code === 'internal') {
        house.line.onFault(error);
      }
      throw deskErrorOf(error);
    }
    // What the store says once it is closed is no fault of whoever asks.
    throw house.closing.aborted && !(error instanceof DeskError) ? deskErrorOf(closed(house, error)) : error;
  }
}

function deskErrorOf({ code, message, retryAfterMs }: ErrandError): DeskError {
  const said = code === 'internal' ? 'It failed by a fault of its own.' : message;
  return new DeskError({ code, message: said, fix: FIXES[code] ?? ERRORS[code].fix, retryAfterMs });
}
