/**
 * Hands a kept file out, part by part, as something to be saved and never as something to be shown: whatever is in it,
 * a browser neither runs it nor guesses what it is.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, FileRow } from '../core/ports/index.ts';
import type { Gateway } from './gateway.ts';

export function headersOf(file: FileRow): Record<string, string> {
  return {
    etag: `"${file.sha256 ?? ''}"`,
    'content-disposition': dispositionOf(file.name),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  };
}

/** Both forms of the name: the plain one for those who do not know the other. */
function dispositionOf(name: string): string {
  const plain = name.replaceAll(/[^\w. ()-]/gu, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/gu, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Whoever takes nothing for so long has gone, as far as anybody can tell. */
const STUCK_MS = 60_000;

export interface Download {
  file: FileRow;
  response: ServerResponse;
  headOnly: boolean;
  isStillAllowed: () => Promise<boolean>;
}

export async function handOut(gateway: Gateway, { file, response, headOnly, isStillAllowed }: Download): Promise<void> {
  const type = file.mimeType.startsWith('text/') ? `${file.mimeType}; charset=utf-8` : file.mimeType;
  response.writeHead(200, { 'content-type': type, 'content-length': file.size, ...headersOf(file) });
  const wanted = headOnly ? 0 : file.size;
  let sent = 0;
  for (let place = 0; sent < wanted; place += 1) {
    const bytes = await gateway.line.engine.files.part(file.id, place);
    if (bytes === undefined || response.destroyed || !(await isStillAllowed())) {
      // Less than was promised: whoever reads it sees that it was cut off.
      response.destroy();
      return;
    }
    sent += bytes.length;
    if (!response.write(bytes)) {
      await drained(response, gateway.line.clock);
    }
  }
  response.end();
}

async function drained(response: ServerResponse, clock: Clock): Promise<void> {
  const timer = clock.after(STUCK_MS, () => response.destroy());
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      response.off('drain', goOn);
      response.off('close', goOn);
      resolve();
    };
    response.on('drain', goOn);
    response.on('close', goOn);
    if (response.destroyed) {
      goOn();
    }
  });
  timer.cancel();
}
