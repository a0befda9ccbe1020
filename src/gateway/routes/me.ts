/**
 * Who is calling: what a key says about its bearer, for a program that was given nothing but the key.
 */
import { ok, route, type Route } from '../route.ts';

export const me: Route[] = [
  route({
    method: 'GET',
    path: '/me',
    access: 'known',
    summary:
      'Whose key this is: of a workspace, of an organisation, of the operator; and on which delegation it works.',
    async handle({ principal }) {
      const { kind, org, workspace, actor, attempt } = principal;
      return ok({
        kind,
        ...(workspace === null ? {} : { workspace_id: workspace }),
        ...(org === null ? {} : { org }),
        actor,
        ...(attempt === undefined ? {} : { delegation_id: attempt.id }),
      });
    },
  }),
];
