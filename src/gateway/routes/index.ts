/**
 * Every route there is. The router, the OpenAPI page and the tests of bad input read this one list.
 */
import { openApi } from '../openapi.ts';
import { ok, route, type Route } from '../route.ts';
import { a2a } from './a2a.ts';
import { activity } from './activity.ts';
import { assignments } from './assignments.ts';
import { batches } from './batches.ts';
import { delegate } from './delegate.ts';
import { delegations } from './delegations.ts';
import { health } from './health.ts';
import { attachments } from './attachments.ts';
import { inbox } from './inbox.ts';
import { keys } from './keys.ts';
import { mcp } from './mcp.ts';
import { me } from './me.ts';
import { memories } from './memories.ts';
import { messages } from './messages.ts';
import { registry } from './registry.ts';
import { stream } from './stream.ts';
import { workspaces } from './workspaces.ts';

const described: readonly Route[] = [
  ...health,
  ...workspaces,
  ...registry,
  ...delegate,
  ...delegations,
  ...batches,
  ...inbox,
  ...assignments,
  ...activity,
  ...stream,
  ...keys,
  ...a2a,
  ...mcp,
  ...messages,
  ...attachments,
  ...memories,
  ...me,
];

const page = route({
  method: 'GET',
  path: '/openapi.json',
  access: 'anyone',
  summary: 'The description of this API.',
  handle: async ({ gateway }) => ok(await openApi(described, gateway.version)),
});

export const routes: readonly Route[] = [...described, page];
