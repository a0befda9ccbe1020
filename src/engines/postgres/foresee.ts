/**
 * What a batch will surely read, so that it is fetched at once instead of being missed one by one.
 *
 * First what the commands name; when that is known, what the named rows lead to. It is only a guess: what it forgets
 * is found as a miss, and what it asks for in vain costs little.
 */
import { laneOf, type Delegation } from '../../core/delegation/index.ts';
import { keyOf, type Command } from '../../core/ports/index.ts';
import { Needs, type Asked } from './needs.ts';
import { laneName, queueName, type Sheet } from './sheet.ts';

export function foresee(commands: readonly Command[], sheet: Sheet): Needs {
  const guess = new Guess(sheet);
  for (const command of commands) {
    foreseeOne(guess, command);
  }
  return guess.needs;
}

function foreseeOne(guess: Guess, command: Command): void {
  if (command.type === 'post') {
    foreseeOne(guess, command.accept);
  } else if (command.type === 'accept') {
    guess.seat(command.caller);
    guess.seat(command.callee);
    guess.queue(command.callee);
    if (command.parent !== null) {
      guess.delegation(command.parent);
    }
    if (command.idempotency !== null) {
      guess.key(command.caller, command.idempotency.key);
    }
  } else if (command.type === 'open_batch') {
    for (const task of command.tasks) {
      foreseeOne(guess, task);
    }
  } else if ('ref' in command) {
    const key = command.ref.key ?? keyOf('dlg', command.ref.id ?? '');
    const row = key === undefined ? undefined : guess.delegation(key);
    if (row !== undefined) {
      foreseeRow(guess, row);
    }
  } else if ('workspace' in command && command.workspace !== null) {
    guess.seat(command.workspace);
    foreseeInbox(guess, command);
  } else if (command.type === 'claim') {
    guess.seat(command.callee);
    guess.queue(command.callee);
  }
}

function foreseeRow(guess: Guess, row: Delegation): void {
  guess.seat(row.caller);
  guess.seat(row.callee);
  guess.queue(row.callee);
  const lane = laneOf(row);
  if (lane !== undefined) {
    guess.lane(lane);
  }
  if (row.batch !== null) {
    guess.batch(row.batch);
  }
}

function foreseeInbox(guess: Guess, command: Command): void {
  if (command.type === 'collect') {
    guess.delegation(command.delegation);
    guess.notice(command.delegation);
  } else if (command.type === 'acknowledge_notices' || command.type === 'renew_notices') {
    for (const id of command.ids) {
      const key = keyOf('ntc', id);
      if (key !== undefined) {
        guess.notice(key);
      }
    }
  } else if (command.type === 'commit_memory') {
    guess.memoryCount(command.workspace);
  } else if (command.type === 'forget_memory') {
    const key = keyOf('mem', command.id);
    if (key !== undefined) {
      guess.memory(key);
    }
  }
}

class Guess {
  readonly needs = new Needs();
  readonly #sheet: Sheet;

  constructor(sheet: Sheet) {
    this.#sheet = sheet;
  }

  seat(id: string): void {
    const seat = this.#unless('seats', id, this.#sheet.seats.get(id));
    if (seat !== undefined && seat !== null) {
      this.#unless('organisations', seat.org, this.#sheet.organisations.get(seat.org));
    }
  }

  delegation(key: number): Delegation | undefined {
    return this.#unless('delegations', key, this.#sheet.delegations.get(key)) ?? undefined;
  }

  /** Only where something waits: an empty queue is not looked into. */
  queue(callee: string): void {
    if ((this.#sheet.seats.get(callee)?.queued ?? 0) > 0) {
      this.#unless('queues', callee, this.#sheet.queues.get(queueName(callee, 50)));
    }
  }

  lane(lane: Asked['lanes']): void {
    this.#unless('lanes', lane, this.#sheet.lanes.get(laneName(lane)));
  }

  batch(key: number): void {
    this.#unless('batches', key, this.#sheet.batches.get(key));
  }

  notice(key: number): void {
    this.#unless('notices', key, this.#sheet.notices.get(key));
  }

  key(caller: string, key: string): void {
    this.#unless('remembered', { caller, key }, this.#sheet.remembered.get(JSON.stringify([caller, key])));
  }

  memory(key: number): void {
    this.#unless('memories', key, this.#sheet.memories.get(key));
  }

  memoryCount(workspace: string): void {
    this.#unless('memoryCounts', workspace, this.#sheet.memoryCounts.get(workspace));
  }

  #unless<K extends keyof Asked, Value>(kind: K, what: Asked[K], known: Value | undefined): Value | undefined {
    if (known === undefined) {
      this.needs.add(kind, what);
    }
    return known;
  }
}
