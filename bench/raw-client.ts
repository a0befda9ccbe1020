/**
 * POST over kept-alive sockets by hand, for answers with a length and for chunked ones: a client that costs so little
 * that the server is what is measured.
 */
import { connect, type Socket } from 'node:net';

interface Line {
  socket: Socket;
  heard: string;
  give: (body: string) => void;
}

export class RawClient {
  readonly #port: number;
  readonly #head: string;
  readonly #idle: Line[] = [];
  readonly #all = new Set<Socket>();

  /** Bodies are ASCII, so bytes are characters. */
  constructor(url: URL, headers: Readonly<Record<string, string>>) {
    this.#port = Number(url.port);
    const lines = Object.entries({ host: url.host, 'content-type': 'application/json', ...headers });
    this.#head = `POST ${url.pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
  }

  async post(body: string): Promise<string> {
    const line = this.#alive() ?? this.#open();
    const answer = await new Promise<string>((resolve, reject) => {
      line.give = resolve;
      line.socket.once('close', reject);
      line.socket.write(`${this.#head}content-length: ${body.length}\r\n\r\n${body}`, 'latin1');
    });
    line.socket.removeAllListeners('close');
    this.#idle.push(line);
    return answer;
  }

  /** One that the server has not closed meanwhile, because nothing was asked on it for a while. */
  #alive(): Line | undefined {
    let line = this.#idle.pop();
    while (line?.socket.readyState !== undefined && line.socket.readyState !== 'open') {
      line = this.#idle.pop();
    }
    return line;
  }

  close(): void {
    for (const socket of this.#all) {
      socket.destroy();
    }
  }

  #open(): Line {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    const line: Line = { socket, heard: '', give: () => {} };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      line.heard += chunk;
      if (isWhole(line.heard)) {
        const { heard } = line;
        line.heard = '';
        line.give(heard);
      }
    });
    this.#all.add(socket);
    return line;
  }
}

function isWhole(heard: string): boolean {
  const end = heard.indexOf('\r\n\r\n');
  if (end === -1) {
    return false;
  }
  const length = /\r\ncontent-length: (\d+)/iu.exec(heard.slice(0, end))?.[1];
  return length === undefined ? heard.endsWith('\r\n0\r\n\r\n') : heard.length >= end + 4 + Number(length);
}
