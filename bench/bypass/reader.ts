/**
 * A reader that takes every word for what it says: which next actions does a text leave open?
 *
 * A model that reads "you could also do it yourself" does it. This reader finds such an opening without a model: what
 * is forbidden is taken out first, and what is left is looked through for every action that has a word.
 */
export type Action =
  | 'wait'
  | 'carry_on'
  | 'answer'
  | 'cancel'
  | 'use'
  | 'other_peer'
  | 'itself'
  | 'again'
  | 'tell'
  | 'leave';

const FORBIDDEN = /\b(?:do not|don't|never|no need to)\b[^;.,\n]*/giu;

const WORDS: Record<Action, RegExp> = {
  wait: /\bwait\b(?! for)|will be told when/iu,
  carry_on: /\bgo on with\b|\bcarry on\b|goes on without you/iu,
  answer: /\banswer\b/iu,
  cancel: /\bcancel\b/iu,
  use: /\buse (?:the result|what came back)\b/iu,
  other_peer: /\b(?:another|different|other) (?:peer|agent|workspace)\b/iu,
  itself: /\b(?:yourself|on your own|by hand|instead of the peer|handle (?:it|this))\b/iu,
  again: /\b(?:again|retry|resend|once more)\b/iu,
  tell: /\btell the user\b/iu,
  leave: /\bforget\b|\bgive up\b|\bdrop it\b/iu,
};

/** What stands between the marks of a peer's words is data and opens nothing. */
const QUOTED = /<untrusted-(?<what>\w+) (?<mark>\S+)>[^]*?<\/untrusted-\k<what> \k<mark>>/gu;

export function actionsIn(text: string): Set<Action> {
  const left = text.replaceAll(QUOTED, '').replaceAll(FORBIDDEN, '');
  const entries = Object.entries(WORDS) as [Action, RegExp][];
  return new Set(entries.filter(([, word]) => word.test(left)).map(([action]) => action));
}
