/**
 * A tool of the registry that is held until its caller has gone or it is let go, and says meanwhile that it goes on.
 */
import { z } from 'zod';
import { tool, type ToolContext, type ToolSpec } from '../../../src/tools/index.ts';

export interface Holding {
  spec: ToolSpec;
  /** Each call that came in. */
  calls: ToolContext[];
  letGo: () => void;
}

export function holding(): Holding {
  const calls: ToolContext[] = [];
  const waiting = new Set<() => void>();
  const spec = tool({
    name: 'hold',
    title: 'Hold',
    short: 'Holds.',
    whenToUse: 'In tests.',
    section: 'delegation',
    waits: false,
    example: {},
    input: z.object({ steps: z.number().default(0) }),
    output: z.object({ was: z.string() }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    async run(context, { steps }) {
      calls.push(context);
      for (let step = 1; step <= steps; step += 1) {
        context.onProgress?.(`step ${step}`);
      }
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        context.signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      return { was: context.signal?.aborted === true ? 'left' : 'let go' };
    },
  });
  return {
    spec,
    calls,
    letGo() {
      for (const go of waiting) {
        go();
      }
      waiting.clear();
    },
  };
}
