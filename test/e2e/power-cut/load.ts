/**
 * Those who delegate and settle while the power is cut, each one thing after the other, and write down what was
 * answered. The platform's own words for it: commands to the engine, as the line gives them.
 */
import { hash } from 'node:crypto';
import type { Scene } from '../../../src/testing/index.ts';
import type { Chance } from '../witness/chance.ts';
import type { Entry, Ledger } from './ledger.ts';

const WORKERS = 8;

export class Load {
  readonly #scene: Scene;
  readonly #chance: Chance;
  readonly #ledger: Ledger;
  readonly #working: Promise<unknown>;
  #isCut = false;

  constructor(scene: Scene, chance: Chance, ledger: Ledger) {
    this.#scene = scene;
    this.#chance = chance;
    this.#ledger = ledger;
    this.#working = Promise.all(Array.from({ length: WORKERS }, async () => this.#work()));
  }

  /** From now on an error is what the cut did, and ends whoever gets it. */
  cut(): void {
    this.#isCut = true;
  }

  /** Fails if somebody got an error before the cut. */
  async ended(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#isCut) {
      try {
        await this.#delegate();
      } catch (error) {
        if (!this.#isCut) {
          throw error;
        }
        this.#ledger.unknown += 1;
      }
    }
  }

  async #delegate(): Promise<void> {
    const task = this.#text('task');
    const { id, key } = await this.#scene.delegate({ request: { task } });
    const entry: Entry = { id, key, taskSha256: hash('sha256', task), result: null };
    this.#ledger.entries.push(entry);
    if (this.#chance.once(0.6)) {
      const text = this.#text('result');
      entry.result = { sha256: hash('sha256', text), isAnswered: false };
      await this.#scene.complete({ key }, text);
      entry.result.isAnswered = true;
    }
  }

  #text(what: string): string {
    const padding = 'é'.repeat(this.#chance.between(0, this.#chance.once(0.05) ? 20_000 : 500));
    return `${what} ${this.#chance.between(0, 1e9)} ${padding}`;
  }
}
