/**
 * Puts a turn into a message list, as the user's, at its end, or refuses while something has to come first.
 *
 * The list given is never touched and every message of the past stays the same object, so that what was sent before
 * is sent again byte by byte and the provider's cache of it holds. Roles need not alternate for most, so the turn is
 * a message of its own; Gemini's last content, where it is the user's, is replaced by a copy with one part more.
 */
import { ErrandError } from '../../core/error.ts';
import { judgeOf, whyNotNow, type Provider } from './check.ts';
import { isBlank } from './read.ts';

/** Throws `not_now` where `mayTakeTurn` says no, `invalid_request` where the turn says nothing. */
export function withTurn(messages: readonly unknown[], text: string, provider: Provider): unknown[] {
  const judge = judgeOf(provider);
  const reason = whyNotNow(messages, provider);
  if (judge === undefined || reason !== undefined) {
    const message = `A turn is never put between a tool call and its result, and has to wait: ${reason}.`;
    throw new ErrandError({ code: 'not_now', message });
  }
  if (typeof text !== 'string' || isBlank(text)) {
    throw new ErrandError({ code: 'invalid_request', message: 'A turn needs a text; providers refuse an empty one.' });
  }
  return judge.add(messages, text);
}
