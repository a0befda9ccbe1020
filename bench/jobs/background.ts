/**
 * `errand/background` as a program has it: a function under a name, delegated to and waited for, in memory or in a file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from '../../src/background/index.ts';
import { check, type Contender } from './contender.ts';

export type Kept = 'memory' | 'sqlite';

export async function background(kept: Kept, inFlight: number, text: string): Promise<Contender> {
  const name = `Errand, ${kept}`;
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-background-'));
  const errand = await open({
    store: kept === 'memory' ? ':memory:' : join(folder, 'errand.db'),
    capacity: inFlight,
    workspaces: { noop: (task) => task.text },
    onFault: console.error,
  });
  return {
    name,
    isDurable: kept === 'sqlite',
    async one() {
      const ending = await errand.delegate({ to: 'noop', task: text }).done;
      check(name, ending.text, text);
    },
    async close() {
      await errand.shutdown();
      rmSync(folder, { recursive: true });
    },
  };
}
