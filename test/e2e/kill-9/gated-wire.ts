/**
 * The way to the one platform: requests wait while it is known to be down, so that nobody hammers a port on which
 * nobody listens.
 */
import {
  type Answer,
  type Answered,
  askOnce,
  type Asked,
  askUntilAnswered,
  newAgent,
  type Wire,
} from '../witness/wire.ts';

const PATIENCE_MS = 10_000;

export class GatedWire implements Wire {
  readonly #origin: string;
  #agent = newAgent();
  #up = newGate();
  #isUp = false;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The platform serves. */
  open(): void {
    this.#isUp = true;
    this.#up.open();
  }

  /** The platform is gone, and with it every connection. */
  shut(): void {
    // Killed in its start it was never up: those who wait go on waiting for the same opening.
    if (this.#isUp) {
      this.#isUp = false;
      this.#up = newGate();
    }
    const gone = this.#agent;
    this.#agent = newAgent();
    void gone.destroy();
  }

  async close(): Promise<void> {
    this.open();
    await this.#agent.destroy();
  }

  async call(asked: Asked): Promise<Answer> {
    await this.#up.opened;
    return askOnce({ origin: this.#origin, agent: this.#agent, patienceMs: PATIENCE_MS }, asked);
  }

  async insist(asked: Asked): Promise<Answered> {
    return askUntilAnswered(this, asked);
  }
}

/** What some wait for and another opens. */
function newGate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
