/**
 * Carries a behaviour out. Taking a message on and doing it is written into the ledger before the answer leaves, so
 * that an answer that gets lost is still work that was done.
 */
import type { Arrival, Behaviour } from './behaviour.ts';
import { type Exchange, record } from './exchange.ts';
import { type Body, message, styleOf, task } from './speech.ts';
import { PeerTask, runByTime, type Stage, type TaskScript } from './tasks.ts';

type Chosen = Exclude<Behaviour, { do: 'first' }>;

export function perform(stage: Stage, exchange: Exchange, arrival: Arrival, chosen: Chosen): void {
  switch (chosen.do) {
    case 'answer':
    case 'artifacts':
      work(stage, arrival, chosen.afterMs ?? 0, () => finish(exchange, arrival, chosen));
      return;
    case 'task':
      begin(stage, exchange, arrival, chosen);
      return;
    case 'ask':
      begin(stage, exchange, arrival, {
        do: 'task',
        steps: [{ state: chosen.state ?? 'input-required', note: chosen.question }],
      });
      return;
    case 'queue':
      queue(stage, exchange, arrival, chosen);
      return;
    case 'drop':
      drop(stage, exchange, arrival, chosen.when);
      return;
    case 'hang':
      stage.ledger.begin(arrival.messageId, arrival.text, metadataIn(arrival));
      return;
    case 'result':
      work(stage, arrival, 0, () => exchange.result(chosen.result, chosen.status));
      return;
    case 'wrong-id':
      work(stage, arrival, 0, () =>
        exchange.json(200, { jsonrpc: '2.0', id: 'another', result: plainAnswer(exchange, arrival, chosen.text) }),
      );
      return;
    case 'trickle':
      work(stage, arrival, 0, () =>
        exchange.trickle(plainAnswer(exchange, arrival, chosen.text), { ...chosen, clock: stage.clock }),
      );
      return;
    case 'huge':
      work(stage, arrival, 0, () => exchange.result(plainAnswer(exchange, arrival, 'x'.repeat(chosen.bytes))));
      return;
    case 'error':
    case 'reply':
    case 'busy':
      refuse(exchange, chosen);
  }
}

function work(stage: Stage, arrival: Arrival, ms: number, answer: () => void): void {
  stage.ledger.begin(arrival.messageId, arrival.text, metadataIn(arrival));
  function end(): void {
    stage.ledger.end(arrival.messageId);
    answer();
  }
  if (ms > 0) {
    stage.clock.after(ms, end);
  } else {
    end();
  }
}

function finish(exchange: Exchange, arrival: Arrival, chosen: Extract<Chosen, { do: 'answer' | 'artifacts' }>): void {
  const { version } = exchange;
  const style = chosen.parts ?? styleOf(version);
  if (chosen.do === 'answer') {
    exchange.result(message(version, chosen.text ?? `done: ${arrival.text}`, { context: contextIn(arrival), style }));
    return;
  }
  const spoken = {
    id: `task-${arrival.messageId}`,
    context: contextIn(arrival),
    state: 'completed',
    note: chosen.note ?? '',
    artifacts: chosen.texts,
    stamp: '2026-01-01T00:00:00Z',
    messageId: arrival.messageId,
  };
  const made = task(version, spoken, style);
  exchange.result(version === '1.0' ? { task: made } : made);
}

function begin(stage: Stage, exchange: Exchange, arrival: Arrival, script: TaskScript): PeerTask {
  const made = open(stage, arrival, script);
  const shown = task(exchange.version, made.spoken());
  exchange.result(exchange.version === '1.0' ? { task: shown } : shown);
  return made;
}

function open(stage: Stage, arrival: Arrival, script: TaskScript): PeerTask {
  const { ledger } = stage;
  ledger.begin(arrival.messageId, arrival.text, metadataIn(arrival));
  const made = new PeerTask({
    id: `task-${arrival.messageId}`,
    context: contextIn(arrival),
    messageId: arrival.messageId,
    script,
    onOver: () => ledger.end(arrival.messageId),
  });
  stage.tasks.set(made.id, made);
  runByTime(stage.clock, made);
  return made;
}

function queue(stage: Stage, exchange: Exchange, arrival: Arrival, chosen: Extract<Chosen, { do: 'queue' }>): void {
  const waits = Array.from({ length: chosen.looks ?? 1 }, () => ({ state: 'submitted', note: 'queued' }));
  const text = chosen.text ?? `done: ${arrival.text}`;
  const made = open(stage, arrival, {
    do: 'task',
    steps: [...waits, { state: 'working' }, { state: 'completed', artifacts: [text] }],
  });
  const shown = task(exchange.version, made.spoken());
  if (chosen.nameless === true) {
    delete shown['id'];
  }
  const place = { queued: true, queue_id: made.id, queue_depth: 1, position: 1 };
  if (chosen.bare === true) {
    exchange.json(202, place);
  } else {
    exchange.result(exchange.version === '1.0' ? { task: shown } : shown, 202, place);
  }
}

function drop(stage: Stage, exchange: Exchange, arrival: Arrival, when: 'before' | 'after' | 'within'): void {
  if (when === 'before') {
    exchange.drop();
    return;
  }
  work(stage, arrival, 0, () => {
    if (when === 'after') {
      exchange.drop();
    } else {
      const result = plainAnswer(exchange, arrival);
      exchange.half(JSON.stringify({ jsonrpc: '2.0', id: exchange.rpc.id, result }));
    }
  });
}

function refuse(exchange: Exchange, chosen: Extract<Chosen, { do: 'error' | 'reply' | 'busy' }>): void {
  if (chosen.do === 'error') {
    exchange.error(chosen.code, chosen.message, {
      ...(chosen.status === undefined ? {} : { status: chosen.status }),
      ...(chosen.data === undefined ? {} : { data: chosen.data }),
    });
  } else if (chosen.do === 'reply') {
    exchange.raw(chosen.status, chosen.body ?? '', chosen.headers ?? {});
  } else {
    const wait: Record<string, string> =
      chosen.retryAfter === undefined ? {} : { 'retry-after': String(chosen.retryAfter) };
    const queued = { queued: true, queue_id: 'q-1', queue_depth: 3, message: 'queued' };
    const body = {
      '202': queued,
      '503': { error: 'busy', busy: true, retry_after: 30 },
      '429': { error: 'slow down' },
    };
    exchange.json(Number(chosen.how), body[chosen.how], wait);
  }
}

function plainAnswer(exchange: Exchange, arrival: Arrival, text = `done: ${arrival.text}`): Body {
  return message(exchange.version, text, { context: contextIn(arrival), style: styleOf(exchange.version) });
}

function contextIn(arrival: Arrival): string {
  const given = record(arrival.params['message'])['contextId'];
  return typeof given === 'string' ? given : `context-${arrival.messageId}`;
}

function metadataIn(arrival: Arrival): Body {
  return record(record(arrival.params['message'])['metadata']);
}
