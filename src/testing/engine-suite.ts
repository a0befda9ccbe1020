/**
 * What every engine must keep: the rules E1, E2, … of docs/spec/engine.md, run over any of them with node:test.
 *
 * A new engine's test file is ten lines: give the suite a name and a way to open an empty store. Each test has a store
 * of its own and a clock that it moves by hand. Rules that need a second process or the store's own format (E8, E9)
 * are tested beside the engine that has them.
 */
import { describe } from 'node:test';
import type { Limits } from '../core/delegation/index.ts';
import { bookRules } from './engine-rules/books.ts';
import { commitRules } from './engine-rules/commits.ts';
import { inboxRules } from './engine-rules/inbox.ts';
import { logRules } from './engine-rules/log.ts';
import { memoryRules } from './engine-rules/memories.ts';
import { messageRules } from './engine-rules/messages.ts';
import { readingRules } from './engine-rules/reading.ts';
import { seatRules } from './engine-rules/seats.ts';
import type { Stage } from './engine-rules/stage.ts';
import { timeRules } from './engine-rules/time.ts';
import { treeRules } from './engine-rules/trees.ts';
import { Scene, type Harness } from './scene.ts';

export interface EngineUnderTest {
  name: string;
  /** An empty store; the limits given differ from the usual ones. */
  open(limits?: Partial<Limits>): Promise<Harness>;
}

export function engineSuite({ name, open }: EngineUnderTest): void {
  const stage: Stage = async (play, limits) => {
    const scene = new Scene(await open(limits));
    try {
      await scene.enrol('lead', { carrier: 'none' });
      await scene.enrol('writer');
      await play(scene);
    } finally {
      await scene.close();
    }
  };
  describe(`the engine ${name}`, () => {
    for (const rules of [
      commitRules,
      bookRules,
      logRules,
      readingRules,
      seatRules,
      inboxRules,
      timeRules,
      memoryRules,
      messageRules,
      treeRules,
    ]) {
      rules(stage);
    }
  });
}
