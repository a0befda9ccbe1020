/**
 * Runs a batch as one transaction; on a fault its commands one by one, so that it hits only the one it belongs to.
 *
 * A fault is what storage throws (no space, a broken disk, a constraint that the law should have kept); it is an
 * answer like any other, and nothing of its command was written (E2).
 */
import type { Answer, Command, Commit } from '../ports/index.ts';

export function together(run: (commands: readonly Command[]) => Commit, commands: readonly Command[]): Commit {
  try {
    return run(commands);
  } catch (error) {
    return commands.length === 1 ? faulty(error) : oneByOne(run, commands);
  }
}

function oneByOne(run: (commands: readonly Command[]) => Commit, commands: readonly Command[]): Commit {
  const whole = nothing();
  for (const command of commands) {
    const one = together(run, [command]);
    whole.answers.push(...one.answers);
    whole.events.push(...one.events);
    whole.handovers.push(...one.handovers);
    whole.stops.push(...one.stops);
    whole.dueAt = earlier(whole.dueAt, one.dueAt);
  }
  return whole;
}

function faulty(error: unknown): Commit {
  const answer: Answer = { kind: 'fault', error: error instanceof Error ? error : new Error(String(error)) };
  return { ...nothing(), answers: [answer] };
}

function nothing(): Commit {
  return { answers: [], events: [], handovers: [], stops: [], dueAt: null };
}

function earlier(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.min(left, right);
}
