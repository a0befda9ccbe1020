/**
 * One subscription to a task's stream, from its opening to its end or cut.
 *
 * Events are folded as they arrive and nothing is kept but what they amount to. An end without a terminal event says
 * nothing about the task, and after a terminal one the task is read again whole: what was said before we listened is
 * not said twice. What the stream told serves where the peer has forgotten the task by then (C8).
 */
import { Collector, encodeCall, isTerminal, type StreamReading } from '../../a2a/index.ts';
import type { Contact } from './contact.ts';
import { Stream, type StreamEnd, type StreamOptions } from './event-stream.ts';
import { look } from './look.ts';
import { failed, outcomeOf } from './outcome.ts';
import type { Watch } from './watch.ts';

const PROGRESS_EVERY_MS = 1000;
const READ_AGAIN_MS = 30_000;

export async function streamOnce(contact: Contact, id: string, watch: Watch): Promise<StreamEnd> {
  const collector = new Collector(id);
  const end = await subscribe(contact, id, {
    silenceMs: watch.nextSilence(),
    onReading: (reading) => take(contact, { collector, watch }, reading),
  });
  if (end.kind !== 'ended') {
    return end;
  }
  const isOver = isTerminal(collector.state) || isQuestion(collector);
  if (!isOver) {
    return end;
  }
  const outcome = outcomeOf(await readAgain(contact, id, collector));
  return outcome === undefined ? end : { kind: 'outcome', outcome };
}

async function readAgain(contact: Contact, id: string, collector: Collector): Promise<ReturnType<Collector['task']>> {
  const found = await look(contact, id, { timeoutMs: READ_AGAIN_MS, signal: contact.signal });
  return found.kind === 'task' && found.task.state === collector.state ? found.task : collector.task();
}

function isQuestion(collector: Collector): boolean {
  return collector.state === 'input-required' || collector.state === 'auth-required';
}

interface Folding {
  collector: Collector;
  watch: Watch;
}

/** What one event leads to; undefined to read on. */
function take(contact: Contact, folding: Folding, reading: StreamReading): StreamEnd | undefined {
  const { collector, watch } = folding;
  collector.add(reading);
  if (collector.size > contact.means.answerBytesMax) {
    return { kind: 'outcome', outcome: failed('result_too_large', 'the task is larger than a result may be') };
  }
  switch (reading.kind) {
    case 'message':
      return { kind: 'outcome', outcome: { kind: 'completed', output: reading.output } };
    case 'task':
      watch.see(reading.task);
      break;
    case 'status':
      watch.hear(reading.mark, collector.said);
      break;
    case 'artifact':
      watch.progressed('', PROGRESS_EVERY_MS);
      break;
    case 'error':
    case 'nothing':
      return { kind: 'unsupported' };
  }
  return isTerminal(collector.state) || isQuestion(collector) ? { kind: 'ended' } : undefined;
}

function subscribe(
  contact: Contact,
  id: string,
  listening: Pick<StreamOptions, 'silenceMs' | 'onReading'>,
): Promise<StreamEnd> {
  return new Promise((resolve) => {
    const target = contact.target();
    if ('kind' in target) {
      resolve({ kind: 'unsupported' });
      return;
    }
    const rpc = contact.means.nextId();
    const body = encodeCall(rpc, contact.route.dialect.subscribe(id, contact.route.tenant));
    const stream = new Stream({ contact, rpc, resolve, ...listening });
    try {
      const headers = contact.headers('text/event-stream');
      target.pool.dispatch({ path: target.path, method: 'POST', headers, body }, stream);
    } catch {
      stream.onResponseError();
    }
  });
}
