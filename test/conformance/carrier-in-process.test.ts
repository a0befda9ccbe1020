/** The carrier suite over functions of this process. */
import { setImmediate } from 'node:timers/promises';
import { type Handler, inProcessCarrier } from '../../src/carriers/in-process/carrier.ts';
import { systemClock } from '../../src/server/clock.ts';
import { calleeAt, carrierSuite, type Manner, type Seen, type Stage } from '../../src/testing/carrier-suite.ts';

carrierSuite({ name: 'in process', open: async () => inProcessStage() });

function inProcessStage(): Stage {
  const handlers = new Map<string, Handler>();
  const carrier = inProcessCarrier({ handlers, clock: systemClock });
  return {
    carrier,
    async callee(manner) {
      const id = `wks_${handlers.size}`;
      const seen: Seen = { runs: 0, stopped: false };
      handlers.set(id, handlerOf(manner, seen));
      return { workspace: calleeAt({ id, carrier: 'in_process' }), seen: () => seen };
    },
    close: () => carrier.close(),
  };
}

function handlerOf(manner: Manner, seen: Seen): Handler {
  return async (_task, attempt) => {
    seen.runs += 1;
    switch (manner.manner) {
      case 'answers':
        return manner.text;
      case 'works':
        attempt.progress({ message: manner.note });
        await setImmediate();
        return manner.text;
      case 'fails':
        throw new Error(manner.error);
      case 'hangs':
        return new Promise((_resolve, reject) => {
          attempt.signal.addEventListener('abort', () => {
            seen.stopped = true;
            reject(new Error('stopped'));
          });
        });
    }
  };
}
