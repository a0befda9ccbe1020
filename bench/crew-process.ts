/**
 * `node bench/crew-process.ts pull|a2a <prefix> <count> <capacity> <platform>`: so many agents of the real runtime with a
 * handler that does nothing. It says when all of them serve.
 */
import { agent } from '../src/runtime/agent/index.ts';

const AT_ONCE = 100;

const [way, prefix = '', count = '1', capacity = '1', url = ''] = process.argv.slice(2);

async function serveOne(index: number): Promise<void> {
  const id = `${prefix}-${index}`;
  const one = agent({ name: id, id, capacity: Number(capacity), handle: async () => 'done' });
  const listening = way === 'a2a' ? { listen: { port: 0 } } : {};
  await one.serve({ url, ...listening, onFault: (fault) => console.error(`${id}: ${fault.message}`) });
}

for (let begun = 0; begun < Number(count); begun += AT_ONCE) {
  const some = Math.min(AT_ONCE, Number(count) - begun);
  await Promise.all(Array.from({ length: some }, async (_, index) => serveOne(begun + index)));
}
console.log('They serve.');
