/**
 * The ends of the chains of seats while a page is put (docs/decisions/0006): read when first needed, written once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Chains, Row } from './rows.ts';

export class Ends {
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #chains = new Map<string, Chains | undefined>();

  constructor(db: DatabaseSync) {
    this.#read = db.prepare('SELECT made, taken, logged FROM slot WHERE id = ?');
    this.#read.setReturnArrays(true);
    this.#write = db.prepare('UPDATE slot SET made = ?, taken = ?, logged = ? WHERE id = ?');
  }

  /** Puts a row at the end of one; answers with the one before it. */
  chain(id: string, name: keyof Chains, last: number): number | null {
    const chains = this.#of(id);
    if (chains === undefined) {
      return null;
    }
    const before = chains[name];
    chains[name] = last;
    return before;
  }

  #of(id: string): Chains | undefined {
    if (!this.#chains.has(id)) {
      const row = this.#read.get(id) as unknown as Row | undefined;
      const [made, taken, logged] = (row ?? []) as (number | null)[];
      const chains = { made: made ?? null, taken: taken ?? null, logged: logged ?? null };
      this.#chains.set(id, row === undefined ? undefined : chains);
    }
    return this.#chains.get(id);
  }

  flush(): void {
    for (const [id, chains] of this.#chains) {
      if (chains !== undefined) {
        this.#write.run(chains.made, chains.taken, chains.logged, id);
      }
    }
  }
}
