/**
 * What an agent hears where something else than a platform answers, or where an answer does not come to its end.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { openDesk } from '../../../src/runtime/index.ts';

async function at(answer: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a desk', () => {
  test('does not follow where somebody else sends it', async () => {
    const heard: (string | undefined)[] = [];
    await at(
      ({ url, headers }, response) => {
        heard.push(url, headers['x-workspace-id'] as string);
        response.writeHead(302, { location: '/elsewhere' }).end();
      },
      async (url) => {
        await assert.rejects(openDesk({ url, workspace: 'lead' }).seat(), { code: 'unavailable' });
      },
    );
    assert.deepEqual(heard, ['/workspaces/lead', 'lead']);
  });

  test('says of an answer that breaks off that the platform cannot be reached', async () => {
    await at(
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"id":');
        response.socket?.end();
      },
      async (url) => {
        await assert.rejects(openDesk({ url, workspace: 'lead' }).seat(), { code: 'unreachable' });
      },
    );
  });

  test('reads an answer to its bound and no further', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    await at(
      (_request, response) => {
        let left = 100;
        const more = (): void => {
          left -= 1;
          if (left > 0) {
            response.write(piece, more);
          } else {
            response.end('{}');
          }
        };
        more();
      },
      async (url) => {
        await assert.rejects(openDesk({ url, workspace: 'lead' }).seat(), { code: 'answer_too_large' });
      },
    );
  });
});
