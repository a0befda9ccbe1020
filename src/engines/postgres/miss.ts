/**
 * What the law asked for and is not known: the batch is run again when it is.
 *
 * The law reads synchronously and PostgreSQL answers later, so a batch is carried out over a sheet of what is known
 * (`sheet.ts`). A read of what is not known throws this; the law is pure, so running it twice is harmless.
 */
import { Needs, type Asked } from './needs.ts';

export class Miss extends Error {
  override readonly name = 'Miss';
  readonly needs: Needs;

  constructor(needs: Needs) {
    super('not known yet');
    this.needs = needs;
  }
}

export function missing<K extends keyof Asked>(kind: K, what: Asked[K]): Miss {
  return new Miss(new Needs().add(kind, what));
}
