/**
 * From what a carrier saw to the command that says so. The ending itself is written by `core/apply/settle.ts`.
 *
 * Here the result gets its length and its hash, over the bytes of its text, once and for all (D5).
 */
import { hash } from 'node:crypto';
import type { Delegation, Limits, Ref, Result } from '../core/delegation/index.ts';
import { keyOf, type Answer, type Command, type Outcome, type Output } from '../core/ports/index.ts';
import type { Ended, Line } from './line.ts';

export function bringHome(line: Line, delegation: Delegation, outcome: Outcome): Promise<Answer> {
  const command = commandOf(line, delegation, outcome);
  const { awaited, recorder } = line;
  return awaited !== undefined && ENDS.has(command.type) && awaited.promise(delegation.key)
    ? bringToWhoWaits(line, delegation, command)
    : recorder.record(command);
}

/** With the commit that settles it they have it, and nobody is told of it again. */
async function bringToWhoWaits({ recorder, awaited }: Line, { key }: Delegation, command: Command): Promise<Answer> {
  const answer = await recorder.record(Object.assign(command, { collected: true as const }));
  awaited?.kept(key, endedBy(command, answer));
  return answer;
}

function endedBy(command: Command, answer: Answer): Ended | undefined {
  if (answer.kind !== 'done' || !answer.fresh) {
    return undefined;
  }
  const { delegation } = answer;
  const made = resultIn(command);
  return { delegation, result: made?.sha256 === delegation.resultSha256 ? made : undefined };
}

function resultIn(command: Command): Result | undefined {
  switch (command.type) {
    case 'complete':
      return command.result;
    case 'fail':
    case 'confirm_cancel':
      return command.partial;
    default:
      return undefined;
  }
}

const ENDS: ReadonlySet<Command['type']> = new Set<Command['type']>(['complete', 'fail', 'confirm_cancel']);

function commandOf(line: Line, delegation: Delegation, outcome: Outcome): Command {
  const about = { ref: { key: delegation.key, id: delegation.id }, epoch: delegation.epoch, actor: delegation.callee };
  switch (outcome.kind) {
    case 'completed':
      return completeOf(line.limits, about, outcome);
    case 'failed': {
      const partial = outcome.output === undefined ? undefined : resultOf(outcome.output, line.limits);
      return {
        type: 'fail',
        ...about,
        reason: outcome.reason,
        error: outcome.error.toWellFormed(),
        ...(partial === undefined ? {} : { partial }),
        ...(outcome.usage === undefined ? {} : { usage: outcome.usage }),
      };
    }
    case 'asked':
      return {
        type: 'ask',
        ...about,
        question: outcome.question.toWellFormed(),
        ...(outcome.remote?.task === undefined ? {} : { remoteTask: outcome.remote.task }),
        ...(outcome.remote?.context === undefined ? {} : { remoteContext: outcome.remote.context }),
      };
    case 'rests':
      return { type: 'depend', ...about, remoteTask: outcome.remote.task };
    case 'cancelled': {
      const partial = outcome.output === undefined ? undefined : resultOf(outcome.output, line.limits);
      return { type: 'confirm_cancel', ...about, ...(partial === undefined ? {} : { partial }) };
    }
    default:
      return {
        type: 'requeue',
        ...about,
        why: outcome.kind,
        error: outcome.kind === 'busy' ? null : outcome.error.toWellFormed(),
        retryAfterMs: outcome.kind === 'unknown' ? null : outcome.retryAfterMs,
        ...(outcome.kind === 'unknown' ? unknownOf(outcome, line.limits) : {}),
        chance: line.ids.chance(),
      };
  }
}

function unknownOf({ forgotten, output }: Extract<Outcome, { kind: 'unknown' }>, limits: Limits) {
  const partial = output === undefined ? undefined : resultOf(output, limits);
  return {
    ...(forgotten === true ? { forgotten } : {}),
    ...(partial === undefined ? {} : { partial }),
  };
}

type About = Pick<Extract<Command, { type: 'complete' }>, 'ref' | 'epoch' | 'actor'>;

function completeOf(limits: Limits, about: About, outcome: Extract<Outcome, { kind: 'completed' }>): Command {
  const result = resultOf(outcome.output, limits);
  if (result === undefined) {
    return {
      type: 'fail',
      ...about,
      reason: 'result_too_large',
      error: `The result is larger than ${limits.resultBytesMax} bytes; send it as a file by reference.`,
    };
  }
  return { type: 'complete', ...about, result, ...(outcome.usage === undefined ? {} : { usage: outcome.usage }) };
}

/** Undefined where it is larger than what is kept; nothing is ever cut. */
export function resultOf(output: Output, limits: Limits): Result | undefined {
  const text = output.text.toWellFormed();
  const length = Buffer.byteLength(text);
  const parts =
    output.parts !== undefined && output.parts.some(({ kind }) => kind !== 'text') ? output.parts : undefined;
  const partsBytes = parts === undefined ? 0 : Buffer.byteLength(JSON.stringify(parts));
  if (length > limits.resultBytesMax || partsBytes > limits.resultBytesMax) {
    return undefined;
  }
  return { text, length, sha256: hash('sha256', text), ...(parts === undefined ? {} : { parts }) };
}

/** What one that runs in this process has made by now. */
export function partialOf({ madeBy, limits }: Line, { key, id = '' }: Ref): Result | undefined {
  const made = madeBy?.(key ?? keyOf('dlg', id) ?? -1);
  return made === undefined ? undefined : resultOf(made, limits);
}
