/**
 * The store once this is closed: whoever still asks it for something, because it was on its way to do so or knows no
 * better, is told that in words a program knows, and not what a file says that nobody has open.
 */
import { ErrandError } from '../core/error.ts';
import type { Engine } from '../core/ports/index.ts';

const AT_ONCE: ReadonlySet<string | symbol> = new Set(['now', 'onElsewhere', 'close']);

export function closedEngine(engine: Engine): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' && !AT_ONCE.has(name) ? refuse : value;
    },
  });
}

async function refuse(): Promise<never> {
  throw new ErrandError({ code: 'shutting_down', message: 'This was closed; its store is not read any more.' });
}
