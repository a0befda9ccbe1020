/**
 * What a carrier is handed: the row, what was asked, and who is to do it, as one assignment.
 *
 * Its token is signed when somebody asks for it. A function in this process mostly never does, and the signature was a
 * tenth of the time of a delegation (measured).
 */
import type { Delegation, Delivery, Detail, Request } from '../core/delegation/index.ts';
import type { Assignment } from '../core/ports/index.ts';
import type { Workspace } from '../core/workspace/index.ts';
import { attemptToken } from './attempt-token.ts';
import type { Line } from './line.ts';

export class Assigned implements Assignment {
  readonly key: number;
  readonly id: string;
  readonly caller: string;
  readonly callee: Workspace;
  readonly task: string;
  readonly conversation: string | null;
  readonly epoch: number;
  readonly attempt: number;
  readonly deadlineAt: number;
  readonly delivery: Delivery;
  readonly mayHaveRun: boolean;
  readonly #line: Pick<Line, 'secret'>;

  constructor(line: Pick<Line, 'secret'>, delegation: Delegation, { callee, request }: Known) {
    this.#line = line;
    this.key = delegation.key;
    this.id = delegation.id;
    this.caller = delegation.caller;
    this.callee = callee;
    this.task = request.task;
    this.conversation = delegation.conversation;
    this.epoch = delegation.epoch;
    this.attempt = delegation.attempt;
    this.deadlineAt = delegation.deadlineAt;
    this.delivery = delegation.delivery;
    this.mayHaveRun = delegation.detail.outcomeUnknown === true;
  }

  get attemptToken(): string {
    return attemptToken(this.#line, this);
  }
}

interface Known {
  callee: Workspace;
  request: Request;
}

/** What only some have is there only where it is. */
export function assigned(line: Pick<Line, 'secret'>, delegation: Delegation, known: Known): Assignment {
  const assignment: Assignment = new Assigned(line, delegation, known);
  const { request } = known;
  const { detail } = delegation;
  const isBare = Object.keys(request).length === 1 && Object.keys(detail).length === 0;
  return isBare ? assignment : Object.assign(assignment, present(ofRequest(request)), present(ofDetail(detail)));
}

function ofRequest({ context, parts, traceparent }: Request) {
  return { context, parts, traceparent };
}

function ofDetail({ remoteTask, remoteContext, answer, skill, checkpoint, steering }: Detail) {
  return { remoteTask, remoteContext, answer: answer?.text, question: answer?.question, skill, checkpoint, steering };
}

function present(all: Record<string, unknown>): Partial<Assignment> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
