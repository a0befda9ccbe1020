/**
 * Reads server-sent events as a client does: frames, ids, and where the stream ends.
 */
import type { House } from './support.ts';

export interface Frame {
  id: number | null;
  event: string;
  data: Record<string, unknown>;
}

export interface Stream {
  status: number;
  frames: Frame[];
  /** Until as many as these have come, or the stream has ended. */
  take: (enough: (frames: Frame[]) => boolean) => Promise<Frame[]>;
  /** When the platform ended it. */
  ended: Promise<void>;
  close: () => void;
}

export async function openStream(
  house: House,
  path: string,
  said: { token?: string | undefined; after?: number } = {},
): Promise<Stream> {
  const abort = new AbortController();
  const token = said.token ?? house.platform.operatorKey;
  const response = await fetch(`${house.url}${path}`, {
    signal: abort.signal,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(said.after === undefined ? {} : { 'last-event-id': String(said.after) }),
    },
  });
  const frames: Frame[] = [];
  const state = { isOver: false, news: Promise.withResolvers<undefined>() };
  const tell = (): void => {
    state.news.resolve(undefined);
    state.news = Promise.withResolvers<undefined>();
  };
  const ended = read(response, (frame) => {
    frames.push(frame);
    tell();
  }).finally(() => {
    state.isOver = true;
    tell();
  });
  return {
    status: response.status,
    frames,
    ended,
    async take(enough) {
      while (!enough(frames) && !state.isOver) {
        await state.news.promise;
      }
      return frames;
    },
    close: () => abort.abort(),
  };
}

async function read(response: Response, tell: (frame: Frame) => void): Promise<void> {
  let rest = '';
  try {
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const frame of blocks.map((block) => frameOf(block)).filter((one) => one !== undefined)) {
        tell(frame);
      }
    }
  } catch {
    // The end of the connection is the end of the stream.
  }
}

function frameOf(block: string): Frame | undefined {
  const field = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field('data');
  const id = field('id');
  return data === undefined
    ? undefined
    : {
        id: id === undefined ? null : Number(id),
        event: field('event') ?? 'message',
        data: JSON.parse(data) as Record<string, unknown>,
      };
}
