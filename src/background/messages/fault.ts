/**
 * What may be wrong with a message list, by name. A fault says at which message, which rule, and in words what to mend.
 *
 * The names are the same for all providers, so that a host may count or filter them; what a rule means for one
 * provider is written in that provider's file.
 */
export type Rule =
  | 'provider'
  | 'not-a-list'
  | 'too-long'
  | 'empty-list'
  | 'not-a-message'
  | 'role'
  | 'first'
  | 'alternate'
  | 'system-place'
  | 'empty-content'
  | 'no-id'
  | 'duplicate-id'
  | 'unanswered-call'
  | 'unknown-result'
  | 'answered-twice'
  | 'order'
  | 'turn-inside-pair'
  | 'reasoning-alone'
  | 'approval';

export interface Fault {
  /** The message that has to be mended; that of the call where a result is missing. */
  index: number;
  rule: Rule;
  message: string;
}
