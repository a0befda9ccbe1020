/**
 * What an agent is woken with: the notices that came while it was busy, as one text.
 *
 * The platform has written each of them, with what others said fenced as data; nothing is taken out of the fences
 * here, and nothing is cut, for that could leave one open.
 */
import type { TurnNotice } from './platform-inbox.ts';

export interface Turn {
  ids: string[];
  text: string;
  /** Without their text. */
  notices: Omit<TurnNotice, 'turn'>[];
  /** How often the one that was told most often was told, this time included. */
  tries: number;
}

export function turnOf(notices: readonly TurnNotice[]): Turn {
  const texts = notices.map(({ turn }) => turn);
  const heading = `[${notices.length} NOTICES, the oldest first]`;
  return {
    ids: notices.map(({ id }) => id),
    text: texts.length === 1 ? (texts[0] ?? '') : [heading, ...texts].join('\n\n'),
    notices: notices.map(({ turn: _turn, ...notice }) => notice),
    tries: Math.max(0, ...notices.map(({ deliveries }) => deliveries)),
  };
}

/** Together what is told for the first time; each alone what was told before, so that one does not fail the others. */
export function roundsOf(notices: readonly TurnNotice[]): TurnNotice[][] {
  const fresh = notices.filter(({ deliveries }) => deliveries <= 1);
  const again = notices.filter(({ deliveries }) => deliveries > 1);
  return [...(fresh.length === 0 ? [] : [fresh]), ...again.map((notice) => [notice])];
}
