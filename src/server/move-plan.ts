/**
 * Whether a move may begin, goes on, is over, or is refused: decided from the marks of both sides and nothing else.
 *
 * A move has one id, written into both stores before anything else. Only the same two go on with it, so that nothing is
 * moved twice and nothing of two sources is mixed; and a side that was taken back no longer has its mark.
 */
import type { Mark } from '../core/ports/index.ts';

export interface MoveRefusal {
  kind: 'refused';
  code: string;
  message: string;
  fix: string;
}

export type MovePlan = { kind: 'begin' } | { kind: 'go_on'; mark: Mark } | { kind: 'over'; at: number } | MoveRefusal;

interface Found {
  place: string;
  mark: Mark | undefined;
}

export function planMove(from: Found, to: Found & { isEmpty: boolean }): MovePlan {
  const isSame = from.mark?.id === to.mark?.id && from.mark?.side === 'from' && to.mark?.side === 'to';
  if (isSame && to.mark !== undefined) {
    return to.mark.doneAt === null ? { kind: 'go_on', mark: to.mark } : { kind: 'over', at: to.mark.doneAt };
  }
  return refuseFrom(from) ?? refuseTo(to, from.place) ?? { kind: 'begin' };
}

function refuseFrom({ place, mark }: Found): MoveRefusal | undefined {
  if (mark?.side === 'to' && mark.doneAt === null) {
    return refused('half_moved', `Only a part of ${mark.other} has come to ${place} yet.`, finish(mark.other, place));
  }
  if (mark?.side === 'from' && mark.doneAt !== null) {
    return refused(
      'moved_away',
      `${place} was moved to ${mark.other} at ${new Date(mark.doneAt).toISOString()}.`,
      `Move from there; or, if that one is given up, take this one back first: errand migrate --take-back ${place}`,
    );
  }
  return undefined;
}

function refuseTo({ place, mark, isEmpty }: Found & { isEmpty: boolean }, from: string): MoveRefusal | undefined {
  if (mark?.side === 'to' && mark.doneAt === null) {
    return refused(
      'half_moved',
      mark.other === from
        ? `${place} holds a part of ${from} from a move that was given up there.`
        : `${place} holds a part of ${mark.other}, and ${from} is another store.`,
      mark.other === from ? `Empty ${place}, then start this again.` : finish(mark.other, place),
    );
  }
  return mark === undefined && isEmpty
    ? undefined
    : refused(
        'not_empty',
        `${place} is not empty.`,
        'Name a folder that is not there yet, or an empty database; two stores cannot become one.',
      );
}

function finish(from: string, to: string): string {
  return `Finish that move first: errand migrate ${from} ${to} (or empty ${to}).`;
}

function refused(code: string, message: string, fix: string): MoveRefusal {
  return { kind: 'refused', code, message, fix };
}
