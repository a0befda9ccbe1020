#!/usr/bin/env node
/**
 * The command `errand`. This file must be readable to an older Node, so that it can say in one sentence what it needs;
 * everything else is imported after that.
 */
const NODE_LEAST = 24;

if (Number(process.versions.node.split('.', 1)[0]) < NODE_LEAST) {
  process.stderr.write(
    `Errand needs Node ${NODE_LEAST} or newer and this is Node ${process.versions.node}; install a newer one from nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2));
}
