/**
 * What one run of a handler asks its caller: one question at a time, each put once, its answer given when it comes.
 *
 * An answer that came with the task (the agent was restarted meanwhile, and the handler began anew) is given to whoever
 * asks the same again.
 */
export class Questions {
  readonly #put: (question: string) => Promise<void>;
  #given: { question: string; answer: string } | undefined;
  #waiting: { resolve: (answer: string) => void; reject: (error: unknown) => void } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `put` settles when the platform has the question. */
  constructor(put: (question: string) => Promise<void>, given: { question?: string; answer?: string }) {
    this.#put = put;
    const { question, answer } = given;
    this.#given = question === undefined || answer === undefined ? undefined : { question, answer };
  }

  async ask(question: string): Promise<string> {
    if (typeof question !== 'string' || question === '') {
      throw new TypeError('ask takes the question, a text.');
    }
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    await before;
    try {
      return await this.#askNext(question);
    } finally {
      resolve(undefined);
    }
  }

  answer(text: string): void {
    this.#waiting?.resolve(text);
    this.#waiting = undefined;
  }

  refuse(error: unknown): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  async #askNext(question: string): Promise<string> {
    if (this.#given?.question === question) {
      const { answer } = this.#given;
      this.#given = undefined;
      return answer;
    }
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    // Who waits is told below; until then nobody does.
    promise.catch(() => {});
    this.#waiting = { resolve, reject };
    await this.#put(question);
    return promise;
  }
}
