/**
 * `PORT=n npm run conformance:server`: the product's HTTP stack with the fixtures of the conformance suite, at /mcp.
 */
import { openMcpStage } from './stage.ts';
import { fixtures } from './fixtures/index.ts';

const stage = await openMcpStage(fixtures, Number(process.env['PORT'] ?? 3000));
console.log(`${stage.url}/mcp`);
