/**
 * `npm run -s example -- <name>`: installs the frameworks when they are first asked for, and runs one example.
 */
import { install } from './installed.ts';

const NAMES = ['langchain', 'ai-sdk', 'openai-agents', 'mcp-client'];
const name = process.argv[2] ?? '';

if (NAMES.includes(name)) {
  install();
  await import(`./${name}/main.ts`);
} else {
  console.error(`Which one? ${NAMES.join(', ')}`);
  process.exitCode = 2;
}
