/**
 * Says what is wrong once: not again with every try, but again when it had been well in between.
 */
export class Faults {
  readonly #tell: (fault: Error) => void;
  readonly #told = new Map<string, string>();

  /** A warning of the process, where nobody asks. */
  constructor(tell: (fault: Error) => void = warn) {
    this.#tell = tell;
  }

  say(about: string, cause: unknown): void {
    const fault = cause instanceof Error ? cause : new Error(String(cause));
    if (this.#told.get(about) !== fault.message) {
      this.#told.set(about, fault.message);
      this.#tell(fault);
    }
  }

  /** True where something was wrong until now. */
  over(about: string): boolean {
    return this.#told.delete(about);
  }
}

function warn(fault: Error): void {
  process.emitWarning(fault.message, 'ErrandWarning');
}
