/**
 * Whoever reads turns: each turn is compared with what the books say may still be told, and one that was acknowledged
 * is never to come again.
 */
import { ErrandError } from '../../../src/core/error.ts';
import type { Turn } from '../../../src/background/index.ts';
import type { Entry } from './ledger.ts';
import type { Stage } from './stage.ts';
import type { Tenure } from './tenure.ts';

/** `again`: it leaves the loop, and what it has in hand comes again. */
export type Reading = 'on' | 'acknowledged' | 'again';

export interface Reader {
  stage: Stage;
  tenure: Tenure;
  turns: () => AsyncIterable<Turn>;
  isOver: () => boolean;
  /** May the endings of this session come here? */
  isMine: (session: string) => boolean;
  read: (turn: Turn) => Promise<Reading>;
}

export async function readOn(reader: Reader): Promise<void> {
  const { stage, tenure } = reader;
  while (!tenure.isClosing && !reader.isOver()) {
    try {
      await readSome(reader);
    } catch (error) {
      stage.world.say(`reader ${String(error)}`);
      if (!(error instanceof ErrandError)) {
        throw error;
      }
    }
    await tenure.sleep(stage.dice.below(1500));
  }
}

async function readSome({ stage, tenure, turns, isMine, read }: Reader): Promise<void> {
  const stream = turns()[Symbol.asyncIterator]();
  let before: Entry[] = [];
  for (;;) {
    perhaps(before);
    const { value: turn, done = false } = await stream.next();
    certain(before);
    if (done) {
      return;
    }
    before = judge(stage, turn, isMine);
    hold(stage, tenure, before);
    const reading = await read(turn);
    if (reading === 'again') {
      letGo(before);
      stage.ledger.fault('reader that leaves');
      await stream.return?.(undefined);
      return;
    }
    if (reading === 'acknowledged') {
      perhaps(before);
      await turn.acknowledge();
      certain(before);
      before = [];
    }
  }
}

/** Until it says that it was read, nobody else has it, however long that takes. */
function hold({ ledger }: Stage, tenure: Tenure, told: readonly Entry[]): void {
  for (const entry of told) {
    if (entry.inHand === tenure) {
      ledger.complain('one copy', `${entry.name} is in the hands of two readers`);
    }
    entry.inHand = tenure;
  }
}

function letGo(told: readonly Entry[]): void {
  for (const entry of told) {
    entry.inHand = undefined;
  }
}

function perhaps(told: readonly Entry[]): void {
  letGo(told);
  for (const entry of told) {
    entry.isPerhapsTold = true;
  }
}

function certain(told: readonly Entry[]): void {
  for (const entry of told) {
    entry.told += 1;
  }
}

/** Answers with those whose ending it tells. */
function judge({ ledger, world }: Stage, turn: Turn, isMine: (session: string) => boolean): Entry[] {
  const told: Entry[] = [];
  for (const { id, kind, status } of turn.tasks) {
    const entry = ledger.byId.get(id);
    world.say(`turn for ${turn.session}: ${kind} ${entry?.name ?? id} ${status}`);
    if (entry === undefined || entry.parent !== undefined || entry.session !== turn.session || !isMine(turn.session)) {
      ledger.complain(
        'own session',
        `${turn.session} is told of ${entry?.name ?? id} of ${entry?.session ?? 'nobody'}`,
      );
    } else if (kind !== 'asked') {
      told.push(entry);
      if (entry.told > 0) {
        ledger.complain('one copy', `${entry.name} is told again`);
      }
      if (ledger.settled.get(id)?.status !== status) {
        ledger.complain('right ending', `${entry.name} is told as ${status}`);
      }
    }
  }
  const ended = told.filter((entry) => isTaken(entry, told));
  if (ended.length > 0) {
    ledger.complain('one copy', `${ended.map(({ name }) => name).join(', ')} was taken, and is told`);
  }
  if (new Set(told).size < told.length) {
    ledger.complain('one copy', 'one turn tells of a task twice');
  }
  return told;
}

/** A batch is one unit: it is told as a whole, unless all of it was taken. */
function isTaken({ batch, taken }: Entry, told: readonly Entry[]): boolean {
  const whole = told.filter((entry) => entry.batch === batch);
  return batch === undefined ? taken.length > 0 : whole.every((entry) => entry.taken.length > 0);
}
