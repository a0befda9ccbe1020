/**
 * Letting go of a task, and telling the callee where it has to know (C9).
 *
 * On `cancelled`, `deadline` and `stalled` the callee is asked to stop and has a few seconds to say that it did; an
 * ending it reports instead is taken for what it is. On `shutdown` and `overtaken` somebody else goes on with the
 * task, so nothing is said.
 */
import { readAnswer, type RemoteTask } from '../../a2a/index.ts';
import type { Outcome } from '../../core/ports/index.ts';
import { parse } from './answer.ts';
import type { Asked, Contact } from './contact.ts';
import { look } from './look.ts';
import { outcomeOf, unknown } from './outcome.ts';
import { mustBeTold } from './stop-reason.ts';

const CONFIRM_PAUSE_MS = 200;

export async function stop(contact: Contact, task: string): Promise<Outcome> {
  if (!mustBeTold(contact.signal)) {
    return unknown(`let go of the task: ${String(contact.signal.reason)}`);
  }
  const { clock, tempo } = contact.means;
  const until = clock.now() + tempo.cancelMs;
  const { route } = contact;
  const asked = await contact.ask(route.dialect.cancel(task, route.tenant), { timeoutMs: tempo.cancelMs });
  let seen = taskIn(asked);
  for (;;) {
    const outcome = seen === undefined ? undefined : endingOf(seen);
    if (outcome !== undefined) {
      return outcome;
    }
    const left = until - clock.now();
    if (left <= 0 || asked.reply.kind !== 'answered') {
      return unknown('told the peer to stop, and it did not confirm');
    }
    await contact.pause(Math.min(CONFIRM_PAUSE_MS, left));
    const found = await look(contact, task, { timeoutMs: left });
    if (found.kind !== 'task') {
      return unknown('told the peer to stop, and it did not confirm');
    }
    seen = found.task;
  }
}

function taskIn({ reply, id }: Asked): RemoteTask | undefined {
  if (reply.kind !== 'answered' || reply.status >= 300) {
    return undefined;
  }
  const reading = readAnswer(parse(reply.body), id);
  return reading.kind === 'task' ? reading.task : undefined;
}

/** A question is no ending: nobody will answer it any more. */
function endingOf(task: RemoteTask): Outcome | undefined {
  const outcome = outcomeOf(task);
  return outcome?.kind === 'asked' ? undefined : outcome;
}
