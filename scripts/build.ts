/**
 * Makes dist/ out of src/.
 *
 * The compiler emits; what is no TypeScript (migrations in SQL, for one) is copied beside it; and every path that
 * package.json promises must then be there, so that a door that leads nowhere fails here and not at a user's. After it,
 * `npm run build` lets publint and attw read the package as it would be published.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';

const ENTRY = 'dist/cli/main.js';

rmSync('dist', { recursive: true, force: true });
const compiled = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: ['ignore', 'inherit', 'inherit'] });
if (compiled.status !== 0) {
  console.error(`tsc failed${compiled.error === undefined ? '' : `: ${compiled.error.message}`}`);
  process.exit(1);
}
cpSync('src', 'dist', { recursive: true, filter: (path) => !path.endsWith('.ts') });
const missing = doors().filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.error(`package.json names what src does not hold: ${missing.join(', ')}. Write it, or take it out.`);
  process.exit(1);
}
if (existsSync(ENTRY)) {
  chmodSync(ENTRY, 0o755);
}

/** Every path into dist/ that package.json promises. */
function doors(): string[] {
  return [...new Set(readFileSync('package.json', 'utf8').match(/(?<=")\.\/dist\/[^"]+/gu))];
}
