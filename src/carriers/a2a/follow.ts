/**
 * Following a task to its end: by stream where the card promises one, else by asking again at growing intervals.
 *
 * Trouble on the way is borne with a growing pause; the line's liveness rule bounds it, not we. Only a task that the
 * peer does not know any more, asked three times, is followed no further (C8).
 */
import type { RemoteTask } from '../../a2a/index.ts';
import type { Outcome } from '../../core/ports/index.ts';
import type { Contact } from './contact.ts';
import { look } from './look.ts';
import { failed } from './outcome.ts';
import { stop } from './stop.ts';
import { streamOnce } from './subscribe.ts';
import { Watch } from './watch.ts';

const ASK_MS = 30_000;

export interface Following {
  id: string;
  /** What is known of it already. */
  seen?: RemoteTask;
  /** A queue's task is asked for; there is nothing to stream yet. */
  polled: boolean;
}

export async function follow(contact: Contact, start: Following): Promise<Outcome> {
  const watch = new Watch(contact);
  if (start.seen !== undefined) {
    watch.see({ id: start.id, ...start.seen });
  }
  let streams = contact.route.streams && !start.polled;
  let mayAsk = start.seen === undefined;
  for (;;) {
    if (contact.signal.aborted) {
      return stop(contact, start.id);
    }
    if (streams && !mayAsk) {
      const end = await streamOnce(contact, start.id, watch);
      if (end.kind === 'outcome') {
        return end.outcome;
      }
      streams = end.kind !== 'unsupported';
      mayAsk = end.kind === 'silent';
    }
    if (!mayAsk) {
      await contact.pause(watch.nextPause(), contact.signal);
    }
    mayAsk = false;
    const outcome = contact.signal.aborted ? undefined : await askOnce(contact, start.id, watch);
    if (outcome !== undefined) {
      return outcome;
    }
  }
}

/** One look; an ending, or undefined to go on. */
async function askOnce(contact: Contact, id: string, watch: Watch): Promise<Outcome | undefined> {
  const timeoutMs = Math.min(ASK_MS, contact.means.tempo.attemptMs);
  const found = await look(contact, id, { timeoutMs, signal: contact.signal });
  if (found.kind === 'task') {
    return watch.see(found.task);
  }
  return found.kind === 'too_large'
    ? failed('result_too_large', 'the task is larger than a result may be')
    : watch.miss(found);
}
