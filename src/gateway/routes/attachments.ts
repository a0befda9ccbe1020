/**
 * Files that are attached to messages: uploaded first, then named by their address.
 */
import { query } from '../../core/contract/index.ts';
import { nameOfFile, uriOf } from '../attached.ts';
import { handOut, headersOf } from '../download.ts';
import { ok, route, STREAMED, type Route } from '../route.ts';
import { receive } from '../upload.ts';
import { notFound } from './common.ts';

export const attachments: Route[] = [
  route({
    method: 'POST',
    path: '/workspaces/:id/attachments',
    access: 'own',
    summary: 'Takes the bytes of a file, to be attached to a message by the address that comes back.',
    query: query.attach,
    raw: true,
    answers: [201],
    async handle({ gateway, params, request, query: asked }) {
      const workspace = params['id'] ?? '';
      const seat = await gateway.line.engine.workspace(workspace);
      const file = await receive(gateway, request, {
        org: seat?.org ?? '',
        workspace,
        name: nameOfFile(asked.name),
      });
      const { id, name, mimeType, size, sha256 } = file;
      return ok({ id, uri: uriOf(gateway, file), name, mimeType, size, sha256 }, 201);
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/attachments/:aid',
    access: 'own',
    summary: 'The bytes of an attached file, to be saved and not to be shown.',
    answers: [200, 304],
    async handle({ gateway, params, request, headers, response, isStillAllowed }) {
      const id = params['aid'] ?? '';
      const file = (await gateway.line.engine.files.files([id])).get(id);
      if (file === undefined || file.workspace !== params['id']) {
        throw notFound('attachment');
      }
      if (headers['if-none-match'] === `"${file.sha256 ?? ''}"`) {
        return { status: 304, headers: headersOf(file) };
      }
      await handOut(gateway, { file, response, headOnly: request.method === 'HEAD', isStillAllowed });
      return STREAMED;
    },
  }),
];
