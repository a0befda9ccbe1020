/**
 * What the tools send to the platform, as examples for the description of the API: each tool is called with its own
 * example at a desk whose platform only writes down what comes.
 */
import { callTool } from './call.ts';
import { deskOf, type PlatformCall } from './platform-desk.ts';
import type { ToolSpec } from './spec.ts';

export interface ApiExample {
  tool: string;
  method: PlatformCall['method'];
  /** With the id of the workspace and of the delegation still in it. */
  path: string;
  query: Record<string, string | number>;
  body: unknown;
}

const WORKSPACE = 'lead';
/** Whatever a tool asks next, it has said by then what it was called for. */
const NOTHING = { status: 404, body: { code: 'not_found' }, headers: {} };

/** The first call of each tool that changes something, or else its first one. */
export async function apiExamples(tools: readonly ToolSpec[]): Promise<ApiExample[]> {
  return Promise.all(
    tools.map(async (spec) => {
      const calls: PlatformCall[] = [];
      const platform = {
        async call(asked: PlatformCall) {
          calls.push(asked);
          return NOTHING;
        },
      };
      await callTool(spec, { desk: deskOf(platform, WORKSPACE), holdMs: 0 }, spec.example);
      const [first] = calls;
      if (first === undefined) {
        throw new Error(`${spec.name} asks the platform for nothing when it is called with its example.`);
      }
      const { method, path, query = {}, body } = calls.find((call) => call.method === 'POST') ?? first;
      const given = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
      return { tool: spec.name, method, path, query: Object.fromEntries(given), body };
    }),
  );
}
