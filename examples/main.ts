/**
 * `npm run -s example -- <name>`: runs one example. Those that need a framework have it installed when they are first
 * asked for.
 */
import { install } from './installed.ts';

const IN_BACKGROUND = ['background-ai-sdk', 'background-langchain', 'background-openai-agents'];
const WITH_A_FRAMEWORK = ['langchain', 'ai-sdk', 'openai-agents', 'mcp-client', ...IN_BACKGROUND];
const NAMES = ['two-agents', 'shell-script', 'asks', 'progress', 'batch', 'drain', ...WITH_A_FRAMEWORK];
const name = process.argv[2] ?? '';

if (NAMES.includes(name)) {
  if (WITH_A_FRAMEWORK.includes(name)) {
    install();
  }
  await import(`./${name}/main.ts`);
} else {
  console.error(`Which one? ${NAMES.join(', ')}`);
  process.exitCode = 2;
}
