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

interface Known {
  callee: Workspace;
  request: Request;
}

export function assigned(line: Pick<Line, 'secret'>, delegation: Delegation, known: Known): Assignment {
  const assignment: Assignment = new Assigned(line, delegation, known);
  addAsked(assignment, known.request);
  addKept(assignment, delegation.detail);
  return assignment;
}

/** What only some have is there only where it is. */
function addAsked(assignment: Assignment, { context, parts, traceparent }: Request): void {
  if (context !== undefined) {
    assignment.context = context;
  }
  if (parts !== undefined) {
    assignment.parts = parts;
  }
  if (traceparent !== undefined) {
    assignment.traceparent = traceparent;
  }
}

function addKept(assignment: Assignment, detail: Detail): void {
  const { remoteTask, remoteContext, answer, skill, checkpoint, steering } = detail;
  if (remoteTask !== undefined) {
    assignment.remoteTask = remoteTask;
  }
  if (remoteContext !== undefined) {
    assignment.remoteContext = remoteContext;
  }
  if (answer !== undefined) {
    assignment.answer = answer.text;
  }
  if (answer?.question !== undefined) {
    assignment.question = answer.question;
  }
  if (skill !== undefined) {
    assignment.skill = skill;
  }
  if (checkpoint !== undefined) {
    assignment.checkpoint = checkpoint;
  }
  if (steering !== undefined) {
    assignment.steering = steering;
  }
}

class Assigned implements Assignment {
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
