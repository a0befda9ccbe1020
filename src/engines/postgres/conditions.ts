/**
 * The conditions of a list, in the order in which they were added; each `?` of one is the same bound value.
 *
 * Only texts of this engine become text of a statement; what a caller gives is bound, always.
 */
export class Conditions {
  readonly text: string[] = [];
  readonly values: unknown[] = [];

  add(condition: string, value: unknown): void {
    if (value !== undefined) {
      this.text.push(condition.replaceAll('?', this.bind(value)));
    }
  }

  bind(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  get clause(): string {
    return this.text.length === 0 ? '' : `WHERE ${this.text.join(' AND ')}`;
  }

  /** With one more, that is of this engine like the others. */
  with(condition: string): string {
    return `WHERE ${[condition, ...this.text].join(' AND ')}`;
  }
}
