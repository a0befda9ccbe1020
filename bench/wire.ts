/**
 * HTTP/1.1 with a length and nothing else, by hand: caller and peer of the bench are to cost next to nothing beside
 * the platform that is measured.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Frame {
  /** The first line: a request's method and path, or an answer's status. */
  start: string;
  body: string;
}

/** Calls back with every whole message that comes in; bodies are ASCII, so bytes are characters. */
function onFrame(socket: Socket, take: (frame: Frame) => void): void {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) {
        return;
      }
      const length = lengthIn(text.slice(0, end));
      const whole = end + 4 + length;
      if (text.length < whole) {
        return;
      }
      const frame = { start: text.slice(0, text.indexOf('\r\n')), body: text.slice(end + 4, whole) };
      text = text.slice(whole);
      take(frame);
    }
  });
}

function lengthIn(head: string): number {
  return Number(/content-length: (\d+)/iu.exec(head)?.[1] ?? 0);
}

function message(start: string, body: string): string {
  return `${start}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** Answers each POST with what `answer` makes of its path and its body. */
export async function serve(answer: (path: string, body: string) => string): Promise<{ port: number; server: Server }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    onFrame(socket, ({ start, body }) => {
      const [, path = '/'] = start.split(' ', 2);
      socket.write(message('HTTP/1.1 200 OK', answer(path, body)), 'latin1');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

interface Line {
  socket: Socket;
  give: (frame: Frame) => void;
}

/** As many kept-alive connections as there are calls at once. */
export class Client {
  readonly #port: number;
  readonly #host: string;
  readonly #idle: Line[] = [];
  readonly #all = new Set<Socket>();

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
    this.#host = `host: 127.0.0.1:${this.#port}`;
  }

  async call(method: 'GET' | 'POST', path: string, body = ''): Promise<string> {
    const line = this.#idle.pop() ?? this.#open();
    const frame = await new Promise<Frame>((resolve, reject) => {
      line.give = resolve;
      line.socket.once('close', reject);
      line.socket.write(message(`${method} ${path} HTTP/1.1\r\n${this.#host}`, body), 'latin1');
    });
    line.socket.removeAllListeners('close');
    this.#idle.push(line);
    if (!frame.start.startsWith('HTTP/1.1 2')) {
      throw new Error(`${method} ${path}: ${frame.start} ${frame.body}`);
    }
    return frame.body;
  }

  #open(): Line {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    const line: Line = { socket, give: () => {} };
    onFrame(socket, (frame) => line.give(frame));
    this.#all.add(socket);
    return line;
  }

  close(): void {
    for (const socket of this.#all) {
      socket.destroy();
    }
  }
}
