/**
 * One of those who are compared, as the bench sees it: a process that warms up and takes its rounds when it is told to.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Round, Said, Who } from './background-contender.ts';

export interface Aside {
  name: string;
  /** How many it does in a second. */
  warm(ms: number): Promise<number>;
  round(total: number): Promise<Round>;
  close(): Promise<void>;
}

export async function aside(who: Who, inFlight: number, url = ''): Promise<Aside> {
  // With no flag that a program of a user would not have.
  const child = fork('bench/background-contender.ts', [who, String(inFlight), url], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  });
  const { name } = await heard(child, 'name');
  return {
    name,
    async warm(ms) {
      tell(child, { verb: 'warm', ms });
      return (await heard(child, 'perSecond')).perSecond;
    },
    async round(total) {
      tell(child, { verb: 'round', total });
      return (await heard(child, 'round')).round;
    },
    async close() {
      const gone = once(child, 'exit');
      tell(child, { verb: 'close' });
      await gone;
    },
  };
}

function tell(child: ChildProcess, order: Order): void {
  child.send(order);
}

type Of<Word extends string> = Extract<Said, Record<Word, unknown>>;

async function heard<Word extends 'name' | 'perSecond' | 'round'>(child: ChildProcess, word: Word): Promise<Of<Word>> {
  const gone = new AbortController();
  const onExit = (): void => gone.abort(new Error(`A process of the bench ended before it said its ${word}.`));
  child.once('exit', onExit);
  try {
    const [said] = (await once(child, 'message', { signal: gone.signal })) as [Of<Word>];
    return said;
  } finally {
    child.off('exit', onExit);
  }
}
